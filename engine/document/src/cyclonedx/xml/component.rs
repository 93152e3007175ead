//! Components in XML.

use super::super::assemble::Assembler;
use super::super::model::{Component, Hash, License, LicenseChoice};
use super::reader::{Element, Reader};
use super::{Ids, Met, entity, put, text};
use crate::error::DocumentError;
use crate::json::Text;
use smol_str::SmolStr;

/// A list of components.
pub(super) fn list<'a>(
    reader: &mut Reader<'a>,
    into: &mut Assembler,
    in_front: bool,
    mut ids: Ids<'_>,
) -> Result<(), DocumentError> {
    reader.children(|reader, element| match element.name() {
        "component" => {
            let id = one(reader, &element, into, in_front)?;
            if let Some(ids) = &mut ids {
                ids.push(id);
            }
            Ok(())
        }
        _ => reader.skip(),
    })
}

/// A component and those nested in it; gives its id.
pub(super) fn one<'a>(
    reader: &mut Reader<'a>,
    element: &Element<'a>,
    into: &mut Assembler,
    in_front: bool,
) -> Result<SmolStr, DocumentError> {
    let opened = into.open(in_front);
    let mut component = Component {
        kind: element.attribute("type").map(Text),
        bom_ref: element.attribute("bom-ref").map(Text),
        ..Component::default()
    };
    let mut nested = Vec::new();
    let mut met = Met::default();
    reader.children(|reader, element| match element.name() {
        "group" => text(reader, &element, &mut component.group),
        "name" => text(reader, &element, &mut component.name),
        "version" => text(reader, &element, &mut component.version),
        "purl" => text(reader, &element, &mut component.purl),
        "supplier" => {
            let read = entity(reader)?;
            put(reader, &element, &mut component.supplier, read)
        }
        "hashes" => {
            met.once(reader, "hashes")?;
            reader.children(|reader, element| match element.name() {
                "hash" => {
                    let alg = element.attribute("alg").map(Text);
                    component.hashes.push(Hash { alg, content: Some(Text(reader.text()?)) });
                    Ok(())
                }
                _ => reader.skip(),
            })
        }
        "licenses" => {
            met.once(reader, "licenses")?;
            reader.children(|reader, element| {
                if let Some(choice) = choice(reader, &element)? {
                    component.licenses.push(choice);
                }
                Ok(())
            })
        }
        "components" => {
            met.once(reader, "components")?;
            list(reader, into, in_front, Some(&mut nested))
        }
        _ => reader.skip(),
    })?;
    Ok(into.component(opened, &component, nested))
}

/// An entry of a list of licences.
fn choice<'a>(
    reader: &mut Reader<'a>,
    element: &Element<'a>,
) -> Result<Option<LicenseChoice<'a>>, DocumentError> {
    let acknowledgement = element.attribute("acknowledgement").map(Text);
    match element.name() {
        "license" => {
            let mut license = License { acknowledgement, ..License::default() };
            reader.children(|reader, element| match element.name() {
                "id" => text(reader, &element, &mut license.id),
                "name" => text(reader, &element, &mut license.name),
                _ => reader.skip(),
            })?;
            Ok(Some(LicenseChoice { license: Some(license), ..LicenseChoice::default() }))
        }
        "expression" => {
            let expression = Some(Text(reader.text()?));
            Ok(Some(LicenseChoice { expression, acknowledgement, license: None }))
        }
        "expression-detailed" => {
            let expression = element.attribute("expression").map(Text);
            reader.skip()?;
            Ok(Some(LicenseChoice { expression, acknowledgement, license: None }))
        }
        _ => {
            reader.skip()?;
            Ok(None)
        }
    }
}
