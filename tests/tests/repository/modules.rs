//! The modules of a crate as its sources declare them, and every path that is written in them.
//!
//! Code under `cfg(test)` is left out. Macros are not expanded, but paths in their tokens count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use quote::ToTokens;
use syn::{Attribute, Item, ItemMod, ItemUse, Meta};

use crate::paths::{self, Written};

/// A module's path from the root of its crate, which is empty itself.
pub(crate) type ModulePath = Vec<String>;

/// One module, inline or with a file of its own.
#[derive(Default)]
pub(crate) struct Module {
    /// Which of [`Crate::files`] it stands in.
    pub(crate) file: usize,
    pub(crate) children: BTreeSet<String>,
    /// What `use` declarations bring in, by the name it has here.
    pub(crate) imports: BTreeMap<String, Written>,
    /// The modules that are imported by `*`.
    pub(crate) globs: Vec<Written>,
    /// Names of the items that are defined here.
    pub(crate) items: BTreeSet<String>,
    /// Every path that is written here, in `use` declarations and elsewhere.
    pub(crate) written: Vec<Written>,
}

/// A crate's modules and files.
#[derive(Default)]
pub(crate) struct Crate {
    /// Relative to the folder that the crate was read from.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) modules: BTreeMap<ModulePath, Module>,
    /// Which files have `unsafe` in them.
    pub(crate) with_unsafe: BTreeSet<usize>,
    /// Macros that `#[macro_export]` puts at the root, with the file of each.
    pub(crate) exported_macros: BTreeMap<String, usize>,
}

impl Crate {
    /// Reads the crate whose root is the file `root` in `folder`.
    pub(crate) fn read(folder: &Path, root: &Path) -> Self {
        let mut found = Self::default();
        let children = root.with_file_name("");
        found.read_file(&Place { folder, file: root, children }, &Vec::new());
        found
    }

    fn read_file(&mut self, place: &Place<'_>, module: &ModulePath) {
        let file = place.file;
        let text = fs::read_to_string(place.folder.join(file))
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed =
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let number = self.files.len();
        self.files.push(file.to_owned());
        self.enter(place, number, module, parsed.items);
    }

    fn enter(&mut self, place: &Place<'_>, file: usize, module: &ModulePath, items: Vec<Item>) {
        self.modules.insert(module.clone(), Module { file, ..Module::default() });
        for item in items.into_iter().filter(|item| !is_for_tests(attributes_of(item))) {
            match item {
                Item::Mod(child) => self.enter_child(place, file, module, child),
                Item::Use(declaration) => self.module(module).import(&declaration),
                item => self.define(file, module, item),
            }
        }
    }

    fn enter_child(&mut self, place: &Place<'_>, file: usize, module: &ModulePath, child: ItemMod) {
        let name = paths::plain(&child.ident);
        self.module(module).children.insert(name.clone());
        let path = [&module[..], std::slice::from_ref(&name)].concat();
        match child.content {
            Some((_, items)) => {
                let place = Place { children: place.children.join(&name), ..*place };
                self.enter(&place, file, &path, items);
            }
            None => {
                let file = &place.file_of(&name, &child.attrs);
                let place = Place { file, children: folder_of_children(file), ..*place };
                self.read_file(&place, &path);
            }
        }
    }

    fn define(&mut self, file: usize, module: &ModulePath, item: Item) {
        let name = name_of(&item);
        if let Item::Macro(definition) = &item
            && definition.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export"))
        {
            self.exported_macros.extend(name.clone().map(|name| (name, file)));
        }
        let tokens = item.to_token_stream();
        if paths::has_unsafe(tokens.clone()) {
            self.with_unsafe.insert(file);
        }
        let module = self.module(module);
        module.items.extend(name);
        let (written, declarations) = paths::in_tokens(tokens);
        module.written.extend(written);
        declarations.iter().for_each(|declaration| module.import(declaration));
    }

    fn module(&mut self, path: &ModulePath) -> &mut Module {
        self.modules.get_mut(path).expect("a module is entered before what is in it")
    }
}

impl Module {
    fn import(&mut self, declaration: &ItemUse) {
        for imported in paths::in_use(&declaration.tree) {
            match imported.name {
                Some(name) => drop(self.imports.insert(name, imported.path.clone())),
                None => self.globs.push(imported.path.clone()),
            }
            self.written.push(imported.path);
        }
    }
}

/// Where a module stands: its file, and the folder that files of its children are in.
struct Place<'a> {
    folder: &'a Path,
    file: &'a Path,
    children: PathBuf,
}

impl Place<'_> {
    fn file_of(&self, child: &str, attributes: &[Attribute]) -> PathBuf {
        if let Some(path) = attributes.iter().find_map(path_attribute) {
            return self.file.with_file_name(path);
        }
        let flat = self.children.join(format!("{child}.rs"));
        let nested = self.children.join(child).join("mod.rs");
        if self.folder.join(&flat).exists() { flat } else { nested }
    }
}

/// Reference, "Module source filenames".
fn folder_of_children(file: &Path) -> PathBuf {
    if file.ends_with("mod.rs") { file.with_file_name("") } else { file.with_extension("") }
}

fn path_attribute(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    let syn::Expr::Lit(value) = &pair.value else { return None };
    let syn::Lit::Str(text) = &value.lit else { return None };
    pair.path.is_ident("path").then(|| text.value())
}

/// Whether `cfg(test)` or `cfg(all(test, …))` stands on it.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let Meta::List(list) = &attribute.meta else { return false };
        let condition = list.tokens.to_string().replace(' ', "");
        list.path.is_ident("cfg") && (condition == "test" || condition.starts_with("all(test,"))
    })
}

/// The attributes of an item that may stand in a module.
pub(crate) fn attributes_of(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::ForeignMod(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Macro(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Static(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Trait(it) => &it.attrs,
        Item::Type(it) => &it.attrs,
        Item::Union(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        _ => &[],
    }
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(it) => &it.ident,
        Item::Enum(it) => &it.ident,
        Item::Fn(it) => &it.sig.ident,
        Item::Macro(it) => it.ident.as_ref()?,
        Item::Static(it) => &it.ident,
        Item::Struct(it) => &it.ident,
        Item::Trait(it) => &it.ident,
        Item::Type(it) => &it.ident,
        Item::Union(it) => &it.ident,
        _ => return None,
    };
    Some(paths::plain(name))
}
