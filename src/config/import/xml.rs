//! MQTT.fx's `mqttfx-config.xml`.

use roxmltree::{Document, Node};

use super::{Imported, begin, scheme};

/// Every connection profile, or why there is none.
pub fn read(text: &str) -> Result<Vec<Result<Imported, String>>, String> {
    let document = Document::parse(text).map_err(|error| format!("is no XML: {error}"))?;
    let found: Vec<_> = document
        .descendants()
        .filter(|node| node.has_tag_name("connectionProfile"))
        .map(profile)
        .collect();
    if found.is_empty() {
        return Err("has no connectionProfile in it: it is no configuration of MQTT.fx".into());
    }
    Ok(found)
}

/// The text of a child, or an attribute of that name.
fn text<'a>(node: Node<'a, '_>, name: &str) -> &'a str {
    let child = node.children().find(|child| child.has_tag_name(name));
    let value = child
        .and_then(|child| child.text())
        .or_else(|| node.attribute(name));
    value.unwrap_or_default().trim()
}

fn profile(node: Node<'_, '_>) -> Result<Imported, String> {
    let options = node
        .children()
        .find(|child| child.has_tag_name("connectionOptions"))
        .unwrap_or(node);
    let files = ["caFile", "clientCertificateFile", "clientKeyFile"].map(|name| text(options, name));
    let is_tls = files.iter().any(|file| !file.is_empty()) || text(options, "sslEnabled") == "true";
    let address = text(node, "brokerAddress");
    let (name, host) = address.split_once("://").unwrap_or(("mqtt", address));
    let mut imported = begin(
        text(node, "profileName"),
        scheme(name, is_tls),
        host,
        text(node, "brokerPort").parse().ok(),
        "",
    )?;
    imported.credentials(text(options, "userName"), text(options, "password"));
    imported.client_id(text(options, "clientId"));
    imported.keep_alive(text(options, "keepAliveInterval").parse().ok());
    imported.version(text(options, "mqttVersion"));
    let [ca, cert, key] = files;
    imported.certificate_files(ca, cert, key);
    if text(options, "cleanSession") == "false" {
        imported.profile.clean_start = false;
    }
    if node
        .children()
        .any(|child| child.has_tag_name("preDefinedMessages"))
    {
        imported
            .notes
            .push("predefined messages left out: this version keeps no library".into());
    }
    Ok(imported)
}
