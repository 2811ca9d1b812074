//! A camera at the front door: a small JPEG every two seconds.

use std::time::Duration;

use bytes::Bytes;

use super::{
    Place,
    device::{Device, Identity, Post},
};
use crate::mqtt::ProtocolVersion;

/// A drawn house, and a car that passes: 192×144.
const FRAMES: [&[u8]; 8] = [
    include_bytes!("frames/front-1.jpg"),
    include_bytes!("frames/front-2.jpg"),
    include_bytes!("frames/front-3.jpg"),
    include_bytes!("frames/front-4.jpg"),
    include_bytes!("frames/front-5.jpg"),
    include_bytes!("frames/front-6.jpg"),
    include_bytes!("frames/front-7.jpg"),
    include_bytes!("frames/front-8.jpg"),
];

pub(super) async fn run(place: Place) {
    let identity =
        Identity::new("camera", ProtocolVersion::V5).available_at("demo/camera/front/availability");
    let device = Device::connect(&identity, place.addr);
    let mut frames = FRAMES.iter().cycle();
    let mut pulse = place.every(Duration::from_secs(2));
    while pulse.beat().await
        && let Some(frame) = frames.next()
    {
        let post = Post::new("demo/camera/front", Bytes::from_static(frame)).content_type("image/jpeg");
        device.publish(post).await;
    }
    device.leave().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frame_begins_and_ends_as_a_jpeg_does() {
        for frame in FRAMES {
            assert!(frame.starts_with(&[0xFF, 0xD8, 0xFF]) && frame.ends_with(&[0xFF, 0xD9]));
        }
    }
}
