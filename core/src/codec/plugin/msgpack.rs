//! `msgpack`: each map of a `MessagePack` stream is an event, and each event is written as a map.
//!
//! `81 a1 61 01` gives `{"a":1}`. What is no map, and what is no `MessagePack`, is the `message` of an event with the tag
//! `_msgpackparsefailure`, in escaped form. Source of behaviour: logstash-codec-msgpack 3.1.0.

use bumpalo::collections::Vec as ArenaVec;
use rmp::Marker;

use crate::arena::Arena;
use crate::codec::charset::Charset;
use crate::codec::decode;
use crate::codec::encode::Encoder;
use crate::codec::plugin::{Decode, DecodeCx, Decoder, Framing, Out, Piece, Taken, json, target};
use crate::event::{Event, FieldPath, Key, Object, Template, Value, text};
use crate::filter::{CompileCx, Order};
use crate::limits;
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "MessagePack: one map after the other.",
    example: r#"msgpack { target => "doc" }"#,
    options: &[
        ("format", "The `message` of events that have none, their fields filled in."),
        ("target", "The field that gets the map; without it its keys become fields of the event."),
    ],
    differences: &[(
        "",
        "A stream may hold values one after the other; what follows a value that cannot be read is part of its failure.",
    )],
};

pub(super) fn decoder(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Decoder> {
    let target = target(options, cx).ok()?;
    let style = cx.options.field_reference_escape_style;
    let format = options.text("format").map(|format| Template::parse(format.value, style));
    let decoder = Decoder::coded(cx.ecs(options), Msgpack { target, format });
    let (framing, charset, order) = (Framing::Msgpack, Charset::Bytes, Order::Ordered);
    Some(Decoder { framing, charset, order, ..decoder })
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all codecs")]
pub(super) fn encoder(_options: &PluginOptions, _cx: &mut CompileCx<'_>) -> Option<Encoder> {
    Some(Encoder::msgpack())
}

#[derive(Debug)]
struct Msgpack {
    target: Option<FieldPath>,
    format: Option<Template>,
}

const MESSAGE: Key<'static> = Key::new("message");

impl Decode for Msgpack {
    fn decode<'b>(
        &'b self,
        piece: Piece<'b>,
        cx: &mut DecodeCx<'_, 'b>,
        out: &mut dyn Out<'b>,
    ) -> Taken {
        let mut reader = Reader { rest: piece.bytes, arena: cx.arena };
        let Some(Value::Object(object)) = reader.value() else {
            let mut origin = piece.origin;
            origin.text = decode::text_of(piece.bytes, cx.arena);
            let why = "the bytes are no map of MessagePack";
            out.event(decode::failed(origin, "_msgpackparsefailure", why, cx));
            return Taken::Line;
        };
        let object = core::mem::replace(object, Object::new_in(cx.arena));
        let mut event = json::from_object(self.target.as_ref(), object, piece.origin, cx);
        if let Some(format) = &self.format
            && event.data.get(MESSAGE).is_none_or(Value::is_null)
            && let Ok(message) = format.render(&event, cx.now, cx.arena)
        {
            event.data.insert(MESSAGE, Value::Str(message), cx.arena);
        }
        out.event(event);
        Taken::Line
    }
}

struct Reader<'b> {
    rest: &'b [u8],
    arena: &'b Arena,
}

/// A list or map whose end has not come.
enum Open<'b> {
    Array { items: ArenaVec<'b, Value<'b>>, left: u64 },
    Map { object: Object<'b>, key: Option<&'b str>, left: u64 },
}

/// What stands at a place.
enum Token<'b> {
    Array(u64),
    Map(u64),
    Value(Value<'b>),
}

impl<'b> Reader<'b> {
    /// The value at the start; nothing when there is none or it nests too deep.
    fn value(&mut self) -> Option<Value<'b>> {
        let arena = self.arena;
        let mut open: Vec<Open<'b>> = Vec::new();
        loop {
            let mut value = match self.token()? {
                Token::Value(value) => value,
                Token::Array(0) => Value::array([], arena),
                Token::Map(0) => Value::object(Object::new_in(arena), arena),
                container => {
                    if open.len() == limits::NESTING {
                        return None;
                    }
                    open.push(match container {
                        Token::Array(left) => Open::Array { items: arena.list(), left },
                        Token::Map(left) => {
                            Open::Map { object: Object::new_in(arena), key: None, left }
                        }
                        Token::Value(_) => return None,
                    });
                    continue;
                }
            };
            // The value may be the last of the containers around it.
            loop {
                match open.pop() {
                    None => return Some(value),
                    Some(Open::Array { mut items, left }) => {
                        items.push(value);
                        if left > 1 {
                            open.push(Open::Array { items, left: left - 1 });
                            break;
                        }
                        value = Value::array(items, arena);
                    }
                    Some(Open::Map { object, key: None, left }) => {
                        let key = Some(match value {
                            Value::Str(text) => text,
                            other => arena.build(|out| text::push_ruby(&other, out)),
                        });
                        open.push(Open::Map { object, key, left });
                        break;
                    }
                    Some(Open::Map { mut object, key: Some(key), left }) => {
                        object.insert(Key::new(key), value, arena);
                        if left > 1 {
                            open.push(Open::Map { object, key: None, left: left - 1 });
                            break;
                        }
                        value = Value::object(object, arena);
                    }
                }
            }
        }
    }

    fn token(&mut self) -> Option<Token<'b>> {
        let marker = Marker::from_u8(self.bytes::<1>()?[0]);
        Some(Token::Value(match marker {
            Marker::FixArray(count) => return Some(Token::Array(count.into())),
            Marker::Array16 => return Some(Token::Array(u16::from_be_bytes(self.bytes()?).into())),
            Marker::Array32 => return Some(Token::Array(u32::from_be_bytes(self.bytes()?).into())),
            Marker::FixMap(count) => return Some(Token::Map(count.into())),
            Marker::Map16 => return Some(Token::Map(u16::from_be_bytes(self.bytes()?).into())),
            Marker::Map32 => return Some(Token::Map(u32::from_be_bytes(self.bytes()?).into())),
            Marker::Null => Value::Null,
            Marker::True => Value::Bool(true),
            Marker::False => Value::Bool(false),
            Marker::FixPos(number) => Value::Int(number.into()),
            Marker::FixNeg(number) => Value::Int(number.into()),
            Marker::U8 => Value::Int(u8::from_be_bytes(self.bytes()?).into()),
            Marker::U16 => Value::Int(u16::from_be_bytes(self.bytes()?).into()),
            Marker::U32 => Value::Int(u32::from_be_bytes(self.bytes()?).into()),
            Marker::U64 => {
                let number = u64::from_be_bytes(self.bytes()?);
                match i64::try_from(number) {
                    Ok(number) => Value::Int(number),
                    Err(_) => Value::Number(self.arena.text(itoa::Buffer::new().format(number))),
                }
            }
            Marker::I8 => Value::Int(i8::from_be_bytes(self.bytes()?).into()),
            Marker::I16 => Value::Int(i16::from_be_bytes(self.bytes()?).into()),
            Marker::I32 => Value::Int(i32::from_be_bytes(self.bytes()?).into()),
            Marker::I64 => Value::Int(i64::from_be_bytes(self.bytes()?)),
            Marker::F32 => Value::Float(f32::from_be_bytes(self.bytes()?).into()),
            Marker::F64 => Value::Float(f64::from_be_bytes(self.bytes()?)),
            Marker::FixStr(len) => self.text(len.into())?,
            Marker::Str8 | Marker::Bin8 => {
                let len = u8::from_be_bytes(self.bytes()?);
                self.text(len.into())?
            }
            Marker::Str16 | Marker::Bin16 => {
                let len = u16::from_be_bytes(self.bytes()?);
                self.text(len.into())?
            }
            Marker::Str32 | Marker::Bin32 => {
                let len = u32::from_be_bytes(self.bytes()?);
                self.text(len)?
            }
            // Types of applications mean nothing to Logstash's reader.
            Marker::Reserved
            | Marker::Ext8
            | Marker::Ext16
            | Marker::Ext32
            | Marker::FixExt1
            | Marker::FixExt2
            | Marker::FixExt4
            | Marker::FixExt8
            | Marker::FixExt16 => return None,
        }))
    }

    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*bytes)
    }

    fn text(&mut self, len: u32) -> Option<Value<'b>> {
        let (bytes, rest) = self.rest.split_at_checked(usize::try_from(len).ok()?)?;
        self.rest = rest;
        Some(Value::Str(decode::text_of(bytes, self.arena)))
    }
}

/// Appends an event as a map; timestamps are texts.
pub(crate) fn write_event(event: &Event<'_>, out: &mut Vec<u8>) {
    write_object(event.data(), out);
}

/// The depth is that of an event, which is limited.
fn write_object(object: &Object<'_>, out: &mut Vec<u8>) {
    // Writing to a list of bytes does not fail, here and below.
    let _ = rmp::encode::write_map_len(out, length(object.len()));
    for (name, value) in object.iter() {
        let _ = rmp::encode::write_str(out, name);
        write_value(value, out);
    }
}

fn write_value(value: &Value<'_>, out: &mut Vec<u8>) {
    let _ = match value {
        Value::Array(array) => {
            let items = array.as_slice();
            let _ = rmp::encode::write_array_len(out, length(items.len()));
            for item in items {
                write_value(item, out);
            }
            return;
        }
        Value::Object(object) => return write_object(object, out),
        Value::Null => return out.push(Marker::Null.to_u8()),
        Value::Bool(value) => {
            return out.push(if *value { Marker::True } else { Marker::False }.to_u8());
        }
        Value::Float(value) => rmp::encode::write_f64(out, *value),
        Value::Int(value) => rmp::encode::write_sint(out, *value).map(|_| ()),
        Value::Number(text) => match text.parse::<u64>() {
            Ok(number) => rmp::encode::write_u64(out, number),
            Err(_) => rmp::encode::write_f64(out, text.parse().unwrap_or(f64::NAN)),
        },
        Value::Str(text) => rmp::encode::write_str(out, text),
        Value::Time(time) => {
            let mut text = String::new();
            time.push_iso(&mut text);
            rmp::encode::write_str(out, &text)
        }
    };
}

/// Lengths fit in 32 bits: an event's text is limited to far less than 4 GiB.
fn length(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
