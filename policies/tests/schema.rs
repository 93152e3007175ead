//! The JSON Schema of facts that is checked in is the one of the types.

use referee_policies::facts_schema;

#[test]
fn the_schema_is_the_one_of_the_types() {
    let schema = schemars::schema_for!(referee_core::Facts);
    let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/facts-v1.json");
        std::fs::write(path, &text).unwrap();
        return;
    }
    assert!(
        text == facts_schema(),
        "the types have changed: run this test with UPDATE_SCHEMA=1 and look at the difference"
    );
}
