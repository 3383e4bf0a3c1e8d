//! A node that trusts keys, and images that were verified elsewhere.

use mote_builder::{Key, Keys};
use mote_dispatcher::{
    AdmissionError, DeployError, Deployment, NodeConfig, PlaceError, TrustError, VerifiedImage,
};
use mote_tests::{TestNode, image};

fn key() -> Key {
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys::at(folder.path().join("keys"));
    keys.create("key").unwrap();
    keys.key("key").unwrap()
}

#[test]
fn verified_image_is_refused_when_it_is_not_of_a_trusted_key() {
    let (trusted, other) = (key(), key());
    let config = NodeConfig { trusted_keys: vec![trusted.public()], ..NodeConfig::default() };
    let mut node = TestNode::start(&config);
    let verified = |bytes: &[u8]| VerifiedImage::new("hello", bytes).unwrap();
    let plain = image("hello");
    let hello = Deployment::new("hello");
    let service = node.install(hello, verified(&trusted.sign(&plain))).unwrap();
    let unknown = TrustError::Unknown { key: other.public() };
    for (bytes, expected) in [(plain.clone(), TrustError::Unsigned), (other.sign(&plain), unknown)]
    {
        let expected = AdmissionError::Untrusted(expected);
        let installed = node.install(hello, verified(&bytes)).unwrap_err();
        let replaced = node.replace(service, verified(&bytes)).unwrap_err();
        for error in [installed, replaced] {
            assert!(
                matches!(&error, PlaceError::NotAdmitted { source, .. } if *source == expected),
                "{error}"
            );
        }
        let deployed = node.deploy("hello", bytes).unwrap_err();
        assert!(
            matches!(&deployed, DeployError::NotAdmitted { source, .. } if *source == expected),
            "{deployed}"
        );
    }
    node.replace(service, verified(&trusted.sign(&plain))).unwrap();
}
