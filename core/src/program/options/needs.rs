//! What a config asks its host for: variables, files and directories of patterns.
//!
//! `grok { patterns_dir => ["${HOME}/patterns"] }` needs the variable `HOME` and then a directory.
//! The host reads these and hands them over as data, since nothing here touches a file system.

use std::collections::BTreeSet;

use crate::{
    config::{
        Config,
        ast::{
            Attribute, Condition, ConditionKind, Operand, OperandKind, Plugin, Statement, Value,
            ValueKind,
        },
    },
    diagnostic::{Diagnostics, Span},
    program::schema::{OptionType, Schema},
};

use super::{Lookup, OptionKind, OptionValue, PluginKind, PluginOptions, resolve, substitute};

/// Lists what a config asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The variables, in the order written; one that is used twice stands here twice.
    pub variables: Vec<VariableNeed>,
    /// The files and directories, in the order written.
    pub paths: Vec<PathNeed>,
    /// Whether a filter asks for the host's list of user agents ([`crate::Resources::set_user_agents`]).
    pub user_agents: bool,
}

/// Describes one use of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableNeed {
    /// The name between `${` and `}` or `:`.
    pub name: String,
    /// Whether a default is written beside it, or it may be missing.
    pub has_default: bool,
    /// The value it stands in.
    pub span: Span,
}

/// Describes one file or directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathNeed {
    /// What is to be read.
    pub kind: PathKind,
    /// The path as the config has it, variables replaced.
    pub path: String,
    /// Where it is written.
    pub span: Span,
    /// The name of the plugin that asks for it.
    pub plugin: String,
    /// The name of the option that holds it.
    pub option: String,
}

/// Tells what stands behind a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathKind {
    /// One file.
    File,
    /// A directory, or a file, of grok patterns; in a directory, the files that match the glob.
    PatternsDir {
        /// The value of `patterns_files_glob`.
        glob: String,
    },
}

/// Options that hold a file and are declared as plain strings.
const FILE_OPTIONS: [(PluginKind, &str, &str); 1] = [(PluginKind::Filter, "useragent", "regexes")];

impl Config {
    /// Returns what the config asks for, when no variable is set: paths with their defaults.
    #[must_use]
    pub fn needs(&self) -> Needs {
        self.needs_with(&|_| None)
    }

    /// Returns what the config asks for, with the variables that `lookup` knows.
    ///
    /// Paths of filters and of codecs are listed; what inputs and outputs open is not asked for,
    /// since this program does not run them.
    #[must_use]
    pub fn needs_with(&self, lookup: Lookup<'_>) -> Needs {
        let mut variables = Variables::default();
        for section in &self.ast().sections {
            variables.statements(&section.body);
        }
        // What is wrong with the config is for compiling to say.
        let mut ignored = Diagnostics::new(Vec::new());
        // A variable without a value and a default leaves a path that nobody can read.
        let unset: BTreeSet<&str> = variables
            .found
            .iter()
            .filter(|need| !need.has_default)
            .map(|need| need.name.as_str())
            .collect();
        let lenient = |name: &str| lookup(name).or_else(|| unset.contains(name).then(String::new));
        let resolved = resolve(self, &lenient, &mut ignored);
        let mut paths = Paths { schema: Schema::new(), found: Vec::new(), user_agents: false };
        for options in resolved.plugins.values() {
            paths.plugin(options);
            if options.kind == PluginKind::Filter && options.name == "environment" {
                let pairs = options.pairs("add_metadata_from_env").into_iter();
                variables.found.extend(pairs.map(|(_, variable)| VariableNeed {
                    name: variable.to_text().into_owned(),
                    has_default: true,
                    span: variable.span,
                }));
            }
        }
        Needs { variables: variables.found, paths: paths.found, user_agents: paths.user_agents }
    }
}

struct Paths {
    schema: Schema,
    found: Vec<PathNeed>,
    user_agents: bool,
}

impl Paths {
    fn plugin(&mut self, options: &PluginOptions) {
        self.user_agents |= options.kind == PluginKind::Filter
            && options.name == "useragent"
            && !options.has("regexes");
        let is_run = matches!(options.kind, PluginKind::Filter | PluginKind::Codec);
        for setting in &options.settings {
            if let OptionKind::Codec(codec) = &setting.value.kind {
                self.plugin(codec);
                continue;
            }
            let name = setting.name.as_str();
            if !is_run {
                continue;
            }
            if name == "patterns_dir" {
                let glob = options.text("patterns_files_glob").map_or("*", |text| text.value);
                let kind = PathKind::PatternsDir { glob: glob.to_owned() };
                self.add(options, name, &setting.value, &kind);
            } else if self.is_file(options, name) {
                self.add(options, name, &setting.value, &PathKind::File);
            }
        }
    }

    fn is_file(&self, options: &PluginOptions, name: &str) -> bool {
        let spec = self.schema.option(options.kind, &options.name, name);
        spec.is_some_and(|spec| spec.kind == OptionType::Path)
            || FILE_OPTIONS.contains(&(options.kind, options.name.as_str(), name))
    }

    fn add(&mut self, options: &PluginOptions, name: &str, value: &OptionValue, kind: &PathKind) {
        for path in options.texts(name) {
            if path.value.is_empty() {
                continue;
            }
            debug_assert!(options.has(name), "{value:?} was found under this name");
            self.found.push(PathNeed {
                kind: kind.clone(),
                path: path.value.to_owned(),
                span: path.span,
                plugin: options.name.clone(),
                option: name.to_owned(),
            });
        }
    }
}

#[derive(Default)]
struct Variables {
    found: Vec<VariableNeed>,
}

impl Variables {
    fn statements(&mut self, statements: &[Statement]) {
        for statement in statements {
            match statement {
                Statement::Branch(branch) => {
                    for arm in &branch.arms {
                        self.condition(&arm.condition);
                        self.statements(&arm.block.body);
                    }
                    if let Some(block) = &branch.otherwise {
                        self.statements(&block.body);
                    }
                }
                Statement::Plugin(plugin) => self.plugin(plugin),
            }
        }
    }

    fn plugin(&mut self, plugin: &Plugin) {
        for Attribute { value, .. } in &plugin.attributes {
            self.value(value);
        }
    }

    fn value(&mut self, value: &Value) {
        match &value.kind {
            ValueKind::Array(values) => {
                for value in values {
                    self.value(value);
                }
            }
            ValueKind::Bareword(_) | ValueKind::Number(_) => {}
            ValueKind::Hash(entries) => {
                for entry in entries {
                    self.value(&entry.value);
                }
            }
            ValueKind::Plugin(plugin) => self.plugin(plugin),
            ValueKind::Text(text) => self.text(&text.text, value.span),
        }
    }

    /// Finds the placeholders of a text, those inside of defaults included: `${A:${B:c}}`.
    fn text(&mut self, text: &str, span: Span) {
        let Some(last) = text.rfind('}') else { return };
        let mut rest = &text[..=last];
        while let Some(start) = rest.find("${") {
            rest = &rest[start + 2..];
            let Some(name) = substitute::variable_name(rest) else { continue };
            let behind = &rest[name.len()..];
            if behind.starts_with(['}', ':']) {
                let has_default = behind.starts_with(':');
                self.found.push(VariableNeed { name: name.to_owned(), has_default, span });
            }
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match &condition.kind {
            ConditionKind::And(parts) | ConditionKind::Or(parts) => {
                for part in parts {
                    self.condition(part);
                }
            }
            ConditionKind::Nand(pair) | ConditionKind::Xor(pair) => {
                for part in pair.iter() {
                    self.condition(part);
                }
            }
            ConditionKind::Not(inner) => self.condition(inner),
            ConditionKind::Compare { left, right, .. } | ConditionKind::In { left, right, .. } => {
                self.operand(left);
                self.operand(right);
            }
            ConditionKind::Match { left, .. } | ConditionKind::Truth(left) => self.operand(left),
        }
    }

    fn operand(&mut self, operand: &Operand) {
        match &operand.kind {
            OperandKind::List(values) => {
                for value in values {
                    if let ValueKind::Text(text) = &value.kind {
                        self.constant(&text.text, value.span);
                    }
                }
            }
            OperandKind::Text(text) => self.constant(&text.text, operand.span),
            _ => {}
        }
    }

    /// Conditions replace only what is one placeholder and nothing else.
    fn constant(&mut self, text: &str, span: Span) {
        if let Some(placeholder) = substitute::next_placeholder(text, 0)
            && placeholder.range == (0..text.len())
        {
            self.found.push(VariableNeed {
                name: placeholder.name.to_owned(),
                has_default: placeholder.default.is_some(),
                span,
            });
        }
    }
}
