//! What holds for every response and for every way to cut it up.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// How a generated response frames its payload.
#[derive(Clone, Debug)]
enum Framing {
    Length,
    UntilClose,
    Chunked { sizes: Vec<usize>, extension: String, trailers: Vec<String>, upper: bool },
}

fn framings() -> impl Strategy<Value = Framing> {
    let parts = (
        vec(1..40usize, 1..5),
        "( ?;[ -~]{0,20})?",
        vec("[A-Z]{1,9}: ?[ -~]{0,20}", 0..3),
        any::<bool>(),
    );
    prop_oneof![
        Just(Framing::Length),
        Just(Framing::UntilClose),
        parts.prop_map(|(sizes, extension, trailers, upper)| {
            Framing::Chunked { sizes, extension, trailers, upper }
        }),
    ]
}

fn encode(framing: &Framing, payload: &[u8], end: &str) -> Vec<u8> {
    let mut raw = format!("HTTP/1.1 200 OK{end}Server: test{end}");
    match framing {
        Framing::Length => raw += &format!("Content-Length: {}{end}{end}", payload.len()),
        Framing::UntilClose => raw += end,
        Framing::Chunked { .. } => raw += &format!("Transfer-Encoding: chunked{end}{end}"),
    }
    let mut raw = raw.into_bytes();
    let Framing::Chunked { sizes, extension, trailers, upper } = framing else {
        return [raw, payload.to_vec()].concat();
    };
    let mut rest = payload;
    for size in sizes.iter().cycle() {
        let (chunk, after) = rest.split_at(*size.min(&rest.len()));
        let size =
            if *upper { format!("{:02X}", chunk.len()) } else { format!("{:x}", chunk.len()) };
        raw.extend_from_slice(format!("{size}{extension}\r\n").as_bytes());
        if chunk.is_empty() {
            break;
        }
        raw.extend_from_slice(chunk);
        raw.extend_from_slice(b"\r\n");
        rest = after;
    }
    for trailer in trailers {
        raw.extend_from_slice(format!("{trailer}\r\n").as_bytes());
    }
    raw.extend_from_slice(b"\r\n");
    raw
}

/// Cuts `bytes` at these places.
pub fn cut<'a>(bytes: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect()
}

proptest! {
    #[test]
    fn any_split_of_any_response_gives_its_payload(
        framing in framings(),
        payload in vec(any::<u8>(), 0..200),
        end in prop_oneof![Just("\r\n"), Just("\n")],
        cuts: Vec<Index>,
    ) {
        let raw = encode(&framing, &payload, end);
        let response = good(&raw);
        prop_assert_eq!(&response.payload, &payload);
        prop_assert_eq!(read(&cut(&raw, &cuts)), Ok(Some(response)));
    }

    #[test]
    fn no_part_of_a_response_passes_for_the_whole(
        framing in framings(),
        payload in vec(any::<u8>(), 0..60),
    ) {
        let raw = encode(&framing, &payload, "\r\n");
        for end in 0..raw.len() {
            match read(&[&raw[..end]]) {
                Ok(None) => {}
                Err(error) => prop_assert_eq!(sentence(error.kind), "body ended early"),
                // The one framing that cannot tell.
                Ok(Some(read)) => {
                    prop_assert!(matches!(framing, Framing::UntilClose));
                    prop_assert!(payload.starts_with(&read.payload));
                }
            }
        }
    }

    #[test]
    fn damaged_responses_read_the_same_in_any_split(
        framing in framings(),
        payload in vec(any::<u8>(), 0..60),
        damage in vec((any::<Index>(), any::<u8>()), 1..4),
        cuts: Vec<Index>,
    ) {
        let mut raw = encode(&framing, &payload, "\r\n");
        for (at, byte) in damage {
            let at = at.index(raw.len());
            raw[at] = byte;
        }
        prop_assert_eq!(read_both(&raw), read(&cut(&raw, &cuts)));
    }

    #[test]
    fn garbage_never_panics(raw: Vec<u8>, cuts: Vec<Index>, lines in "([ -~]{0,30}\r?\n){0,9}") {
        let chunks = [chunked("").as_bytes(), &raw].concat();
        for raw in [raw, ok(&lines).into_bytes(), chunks] {
            prop_assert_eq!(read_both(&raw), read(&cut(&raw, &cuts)));
        }
    }
}
