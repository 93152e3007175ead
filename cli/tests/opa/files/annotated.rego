# METADATA
# scope: package
# schemas:
#   - input: schema.input
package annotated

a if input.usr == "bob"
