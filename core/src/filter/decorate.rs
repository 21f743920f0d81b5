//! The common options of all filters: `add_field`, `remove_field`, `add_tag`, `remove_tag`, always in this
//! order and only for an event that the filter matched.
//!
//! Source of behaviour: Logstash 9.x filters/base.rb `filter_matched` and util/decorators.rb.

use crate::arena::Arena;
use crate::event::{EscapeStyle, Event, PathRef, SetError, TAGS, Template, Value, text};
use crate::filter::Cx;
use crate::filter::field::{self, FieldName};
use crate::program::options::{OptionKind, OptionValue, PluginOptions};

/// Compiled common options of one filter.
#[derive(Debug)]
pub(crate) struct Decoration {
    add_field: Box<[(FieldName, Box<[Template]>)]>,
    remove_field: Box<[FieldName]>,
    add_tag: Box<[Template]>,
    remove_tag: Box<[Template]>,
}

impl Decoration {
    /// Reads the common options; nothing when none is set.
    pub(crate) fn compile(options: &PluginOptions, style: EscapeStyle) -> Option<Self> {
        let template = |text: &str| Template::parse(text, style);
        let add_field = options
            .pairs("add_field")
            .into_iter()
            .map(|(name, value)| {
                let values: Box<[Template]> = match &value.kind {
                    OptionKind::Array(items) => {
                        items.iter().map(|item| template(&item.to_text())).collect()
                    }
                    OptionKind::Hash(entries) => entries
                        .iter()
                        .map(|(key, value)| {
                            template(&format!("[{}, {}]", inspected(key), inspected(value)))
                        })
                        .collect(),
                    _ => Box::from([template(&value.to_text())]),
                };
                (FieldName::template(name.value, style), values)
            })
            .collect::<Box<[_]>>();
        let remove_field = options
            .texts("remove_field")
            .iter()
            .map(|text| FieldName::template(text.value, style))
            .collect::<Box<[_]>>();
        let tags = |name: &str| -> Box<[Template]> {
            options.texts(name).iter().map(|text| template(text.value)).collect()
        };
        let (add_tag, remove_tag) = (tags("add_tag"), tags("remove_tag"));
        let nothing = add_field.is_empty()
            && remove_field.is_empty()
            && add_tag.is_empty()
            && remove_tag.is_empty();
        (!nothing).then_some(Self { add_field, remove_field, add_tag, remove_tag })
    }

    /// The number of fields that it may set; a hint.
    pub(crate) fn new_fields(&self) -> usize {
        self.add_field.len() + usize::from(!self.add_tag.is_empty())
    }

    /// Carries the options out.
    ///
    /// # Errors
    /// The first thing that cannot be set stops the rest, as an exception does in Logstash.
    pub(crate) fn apply<'b>(
        &'b self,
        event: &mut Event<'b>,
        cx: &Cx<'_, 'b>,
    ) -> Result<(), SetError> {
        for (name, values) in &self.add_field {
            // PERF: one text for a field that is not there yet, as in most configs.
            if let Some(key) = name.ordinary()
                && let [template] = &**values
                && !event.data.contains(key)
            {
                event.data.append(key, field::render(template, event, cx)?, cx.arena);
                continue;
            }
            let path = name.resolve(event, cx)?;
            for template in values {
                let value = field::render(template, event, cx)?;
                add_value(event, path, value, cx.arena)?;
            }
        }
        for name in &self.remove_field {
            if let Some(key) = name.top() {
                event.data.remove(key);
                continue;
            }
            let path = name.resolve(event, cx)?;
            event.remove(path);
        }
        for template in &self.add_tag {
            let tag = template.render(event, cx.now, cx.arena)?;
            event.push_tag(tag, cx.arena);
        }
        if !self.remove_tag.is_empty() {
            self.remove_tags(event, cx)?;
        }
        Ok(())
    }

    fn remove_tags<'b>(&'b self, event: &mut Event<'b>, cx: &Cx<'_, 'b>) -> Result<(), SetError> {
        match event.data.get_mut(TAGS) {
            None | Some(Value::Null) => return Ok(()),
            Some(value @ Value::Str(_)) => {
                let text = core::mem::replace(value, Value::Null);
                *value = Value::array([text], cx.arena);
            }
            Some(_) => {}
        }
        for template in &self.remove_tag {
            let tag = template.render(event, cx.now, cx.arena)?;
            if let Some(Value::Array(tags)) = event.data.get_mut(TAGS) {
                tags.retain(|value| value.as_str() != Some(tag));
            }
        }
        Ok(())
    }
}

/// An entry of a map as Ruby shows it inside a list.
fn inspected(value: &OptionValue) -> String {
    let text = value.to_text();
    match &value.kind {
        OptionKind::Text(_) => {
            let mut out = String::new();
            text::push_ruby_inspect(&Value::Str(&text), &mut out);
            out
        }
        _ => text.into_owned(),
    }
}

/// Sets a field, or appends to it when it exists.
pub(crate) fn add_value<'b>(
    event: &mut Event<'b>,
    path: PathRef<'b>,
    value: Value<'b>,
    arena: &'b Arena,
) -> Result<(), SetError> {
    if !event.contains(path) {
        return event.set(path, value, arena);
    }
    let legal_in_place = !path.is_in_tags() && !path.is_timestamp();
    match event.get_mut(path) {
        Some(Value::Array(array)) if legal_in_place || path.is_tags() => {
            array.push(value);
            return Ok(());
        }
        Some(existing) if legal_in_place || path.is_tags() => {
            let first = core::mem::replace(existing, Value::Null);
            *existing = match first {
                Value::Null => Value::array([value], arena),
                Value::Object(object) => {
                    let pairs = object.entries().map(|(key, value)| {
                        let pair = [Value::Str(key.text()), value.copy_in(arena)];
                        Value::array(pair, arena)
                    });
                    Value::array(pairs.chain([value]), arena)
                }
                first => Value::array([first, value], arena),
            };
            return Ok(());
        }
        _ => {}
    }
    // What is left are fields that take no list: the set reports it.
    event.set(path, Value::array([value], arena), arena)
}
