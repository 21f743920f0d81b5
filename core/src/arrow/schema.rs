//! A schema of the caller's as empty columns.

use arrow_schema::{DataType, Field, Schema};

use super::column::Column;
use super::table::{Table, is_name};
use super::{BatchError, REST_COLUMN};
use crate::limits;

/// Makes the columns of a schema.
pub(super) fn table(schema: &Schema) -> Result<Table, BatchError> {
    columns(schema.fields().iter().map(AsRef::as_ref), 0)
}

fn columns<'a>(fields: impl Iterator<Item = &'a Field>, level: usize) -> Result<Table, BatchError> {
    let mut table = Table::default();
    for field in fields {
        let name = field.name();
        let is_taken = level == 0 && name == REST_COLUMN;
        if is_taken || !is_name(name) || !table.add(name, column(field, level)?) {
            return Err(BatchError::ColumnName(name.clone()));
        }
    }
    Ok(table)
}

fn column(field: &Field, level: usize) -> Result<Column, BatchError> {
    let wrong = || BatchError::ColumnType {
        column: field.name().clone(),
        found: field.data_type().to_string(),
    };
    match field.data_type() {
        DataType::List(item) => Ok(Column::list(scalar(item.data_type()).ok_or_else(wrong)?)),
        DataType::Struct(fields) if !fields.is_empty() && level < limits::BATCH_LEVELS => {
            let fields = fields.iter().map(AsRef::as_ref);
            Ok(Column::Struct(Box::new(columns(fields, level + 1)?)))
        }
        other => scalar(other).ok_or_else(wrong),
    }
}

fn scalar(kind: &DataType) -> Option<Column> {
    Some(match kind {
        DataType::Boolean => Column::booleans(),
        DataType::Float64 => Column::floats(),
        DataType::Int64 => Column::integers(),
        DataType::Timestamp(unit, Some(zone)) if &**zone == "UTC" => Column::times(*unit),
        DataType::Utf8 => Column::any_texts(),
        _ => return None,
    })
}
