//! CycloneDX in XML, read into the same parts as JSON. An element that may stand once and stands
//! twice is refused, as JSON's members are.

mod component;
mod reader;
mod vulnerability;

use super::assemble::Assembler;
use super::model::{Dependency, Entity, Few, Metadata, Service, Tool, Tools};
use super::{Bom, known};
use crate::error::DocumentError;
use crate::json::Text;
use crate::limits::Limits;
use reader::{Element, Reader};
use referee_core::facts::SbomEncoding;
use smol_str::SmolStr;

/// Reads a document.
pub(super) fn document(text: &str, limits: &Limits) -> Result<Bom, DocumentError> {
    let (mut reader, root) = Reader::begin(text)?;
    let version = known(reader.version())?;
    let mut into = Assembler::new(SbomEncoding::Xml, limits);
    let mut met = Met::default();
    reader.children(|reader, element| match element.name() {
        "metadata" => {
            met.once(reader, "metadata")?;
            metadata(reader, &mut into)
        }
        "components" => {
            met.once(reader, "components")?;
            component::list(reader, &mut into, false, None)
        }
        "services" => {
            met.once(reader, "services")?;
            services(reader, &mut into)
        }
        "dependencies" => {
            met.once(reader, "dependencies")?;
            reader.children(|reader, element| match element.name() {
                "dependency" => dependency(reader, &element, &mut into).map(drop),
                _ => reader.skip(),
            })
        }
        "vulnerabilities" => {
            met.once(reader, "vulnerabilities")?;
            into.has_vulnerabilities();
            reader.children(|reader, element| match element.name() {
                "vulnerability" => {
                    into.vulnerability(&vulnerability::read(reader)?);
                    Ok(())
                }
                _ => reader.skip(),
            })
        }
        _ => reader.skip(),
    })?;
    let revision = match root.attribute("version") {
        None => None,
        Some(text) => {
            let revision = text.trim().parse();
            Some(
                revision
                    .map_err(|_| reader.not_as_demanded("the version of the bom is no number"))?,
            )
        }
    };
    reader.end()?;
    into.finish(version, root.attribute("serialNumber").as_deref(), revision)
}

/// The elements with lists that have been met.
#[derive(Default)]
struct Met(Vec<&'static str>);

impl Met {
    fn once(&mut self, reader: &Reader<'_>, name: &'static str) -> Result<(), DocumentError> {
        if self.0.contains(&name) {
            return Err(twice(reader, name));
        }
        self.0.push(name);
        Ok(())
    }
}

fn twice(reader: &Reader<'_>, name: &str) -> DocumentError {
    reader.not_as_demanded(&format!("{name:?} stands twice in one element"))
}

/// Reads the text of an element that may stand once.
fn text<'a>(
    reader: &mut Reader<'a>,
    element: &Element<'a>,
    into: &mut Option<Text<'a>>,
) -> Result<(), DocumentError> {
    let read = Text(reader.text()?);
    put(reader, element, into, read)
}

/// Puts what has been read of an element that may stand once.
fn put<'a, T>(
    reader: &Reader<'a>,
    element: &Element<'a>,
    into: &mut Option<T>,
    read: T,
) -> Result<(), DocumentError> {
    if into.is_some() {
        return Err(twice(reader, element.name()));
    }
    *into = Some(read);
    Ok(())
}

fn metadata<'a>(reader: &mut Reader<'a>, into: &mut Assembler) -> Result<(), DocumentError> {
    let mut metadata = Metadata::default();
    let mut met = Met::default();
    reader.children(|reader, element| match element.name() {
        "timestamp" => text(reader, &element, &mut metadata.timestamp),
        "tools" => {
            let read = tools(reader)?;
            put(reader, &element, &mut metadata.tools, read)
        }
        "authors" => {
            met.once(reader, "authors")?;
            reader.children(|reader, element| match element.name() {
                "author" => {
                    metadata.authors.push(entity(reader)?);
                    Ok(())
                }
                _ => reader.skip(),
            })
        }
        "component" => {
            met.once(reader, "component")?;
            let id = component::one(reader, &element, into, true)?;
            into.describes(id);
            Ok(())
        }
        "manufacturer" => {
            let read = entity(reader)?;
            put(reader, &element, &mut metadata.manufacturer, read)
        }
        "supplier" => {
            let read = entity(reader)?;
            put(reader, &element, &mut metadata.supplier, read)
        }
        _ => reader.skip(),
    })?;
    into.metadata(&metadata);
    Ok(())
}

/// An organisation or a person.
fn entity<'a>(reader: &mut Reader<'a>) -> Result<Entity<'a>, DocumentError> {
    let mut entity = Entity::default();
    reader.children(|reader, element| match element.name() {
        "name" => text(reader, &element, &mut entity.name),
        "email" => text(reader, &element, &mut entity.email),
        _ => reader.skip(),
    })?;
    Ok(entity)
}

/// Tools: a list of them, or components and services.
fn tools<'a>(reader: &mut Reader<'a>) -> Result<Tools<'a>, DocumentError> {
    let mut tools = Few::default();
    let mut services = Few::<_, 100>::default();
    reader.children(|reader, element| match element.name() {
        "tool" => {
            tools.push(tool(reader)?);
            Ok(())
        }
        "components" => reader.children(|reader, element| match element.name() {
            "component" => {
                tools.push(tool(reader)?);
                Ok(())
            }
            _ => reader.skip(),
        }),
        "services" => reader.children(|reader, element| match element.name() {
            "service" => {
                services.push(tool(reader)?);
                Ok(())
            }
            _ => reader.skip(),
        }),
        _ => reader.skip(),
    })?;
    tools.left_out = tools.left_out.saturating_add(services.left_out);
    services.kept.into_iter().for_each(|service| tools.push(service));
    Ok(Tools(tools))
}

fn tool<'a>(reader: &mut Reader<'a>) -> Result<Tool<'a>, DocumentError> {
    let mut tool = Tool::default();
    reader.children(|reader, element| match element.name() {
        "name" => text(reader, &element, &mut tool.name),
        "version" => text(reader, &element, &mut tool.version),
        _ => reader.skip(),
    })?;
    Ok(tool)
}

fn services<'a>(reader: &mut Reader<'a>, into: &mut Assembler) -> Result<(), DocumentError> {
    reader.children(|reader, element| match element.name() {
        "service" => service(reader, &element, into),
        _ => reader.skip(),
    })
}

fn service<'a>(
    reader: &mut Reader<'a>,
    element: &Element<'a>,
    into: &mut Assembler,
) -> Result<(), DocumentError> {
    let mut service =
        Service { bom_ref: element.attribute("bom-ref").map(Text), ..Service::default() };
    let mut met = Met::default();
    reader.children(|reader, element| match element.name() {
        "group" => text(reader, &element, &mut service.group),
        "name" => text(reader, &element, &mut service.name),
        "version" => text(reader, &element, &mut service.version),
        "services" => {
            met.once(reader, "services")?;
            services(reader, into)
        }
        _ => reader.skip(),
    })?;
    into.service(&service);
    Ok(())
}

/// A dependency: those that it depends on are such elements themselves. Gives what it is of.
fn dependency<'a>(
    reader: &mut Reader<'a>,
    element: &Element<'a>,
    into: &mut Assembler,
) -> Result<Option<Text<'static>>, DocumentError> {
    let reference = element.attribute("ref").map(Text);
    let mut dependency = Dependency { reference: reference.clone(), ..Dependency::default() };
    reader.children(|reader, element| match element.name() {
        "dependency" => {
            let on = self::dependency(reader, &element, into)?;
            on.into_iter().for_each(|on| dependency.depends_on.push(on));
            Ok(())
        }
        "provides" => {
            let provided = element.attribute("ref").map(Text);
            provided.into_iter().for_each(|one| dependency.provides.push(one));
            reader.skip()
        }
        _ => reader.skip(),
    })?;
    into.dependency(&dependency);
    Ok(reference)
}

/// The ids of components, for the one that they are nested in.
type Ids<'i> = Option<&'i mut Vec<SmolStr>>;
