#include "tools/row_printer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/try.h"
#include "document/json_text.h"
#include "filter/path_text.h"
#include "filter/path_values.h"
#include "tools/json_lines.h"
#include "tools/text.h"

namespace ashlar::tools {

namespace {

// Rows of a table that are looked at together for the widths of its columns.
constexpr std::size_t kBlockRows = 500;
// Width that a column needs to say something.
constexpr std::size_t kReadableCell = 12;

// The value of a cell; null if there is none.
JsonValue cell_value(const JsonValue& document, const Column& column) {
  if (column.is_whole) return document;
  JsonValue::Array found;
  visit_path_values(document, column.path, [&](const JsonValue* value) {
    if (value != nullptr) found.push_back(*value);
    return false;
  });
  if (found.empty()) return {};
  return found.size() == 1 ? std::move(found.front()) : JsonValue::array(std::move(found));
}

// A string without its quotes, nothing for null.
std::string cell_text(const JsonValue& value) {
  if (value.is_null()) return {};
  return value.is_string() ? value.as_text() : to_json(value);
}

Column whole_value() {
  Column column;
  column.title = "value";
  column.is_whole = true;
  return column;
}

class LinePrinter : public RowPrinter {
 public:
  LinePrinter(const Output& out, const RowShape& shape) : out_(out), shape_(shape) {}

  Status row(std::string_view key, std::string_view json) override {
    if (!shape_.has_value) {
      out_.line(format_json_key(key));
    } else {
      out_.line(shape_.has_key ? format_json_line(key, json) : std::string(json));
    }
    return {};
  }

 private:
  const Output& out_;
  const RowShape shape_;
};

class CsvPrinter : public RowPrinter {
 public:
  CsvPrinter(const Output& out, RowShape shape) : out_(out), shape_(std::move(shape)) {
    if (shape_.has_value && shape_.columns.empty()) shape_.columns.push_back(whole_value());
    std::vector<std::string> head;
    if (shape_.has_key) head.emplace_back("key");
    for (const Column& column : shape_.columns) head.push_back(column.title);
    print(head);
  }

  Status row(std::string_view key, std::string_view json) override {
    std::vector<std::string> cells;
    if (shape_.has_key) cells.emplace_back(key);
    if (shape_.has_value) {
      ASHLAR_TRY_ASSIGN(const JsonValue value, parse_json(json));
      for (const Column& column : shape_.columns) {
        cells.push_back(cell_text(cell_value(value, column)));
      }
    }
    print(cells);
    return {};
  }

 private:
  void print(const std::vector<std::string>& cells) const { out_.bytes(csv_line(cells) + "\r\n"); }

  const Output& out_;
  RowShape shape_;
};

// Collects a block of rows, and prints it as a table. The head is printed again when a block has
// other columns than the one before.
class TablePrinter : public RowPrinter {
 public:
  TablePrinter(const Output& out, RowShape shape) : out_(out), shape_(std::move(shape)) {}

  Status row(std::string_view key, std::string_view json) override {
    JsonValue value;
    if (shape_.has_value) {
      ASHLAR_TRY_ASSIGN(value, parse_json(json));
    }
    keys_.push_back(escape(key));
    values_.push_back(std::move(value));
    if (values_.size() == kBlockRows) finish();
    return {};
  }

  void finish() override {
    if (values_.empty()) return;
    const std::vector<Column> columns =
        shape_.columns.empty() ? readable_members() : shape_.columns;
    std::vector<std::string> head;
    if (shape_.has_key) head.emplace_back("key");
    if (shape_.has_value) {
      for (const Column& column : columns) head.push_back(escape(column.title));
    }
    std::vector<bool> right(head.size(), true);
    std::vector<std::vector<std::string>> rows;
    for (std::size_t number = 0; number < values_.size(); ++number) {
      rows.push_back(cells_of(number, columns, &right));
    }
    std::string text = render_table(head, rows, right, out_.is_terminal() ? out_.columns() : 0);
    if (head == head_) text.erase(0, text.find('\n') + 1);
    head_ = std::move(head);
    out_.bytes(text);
    keys_.clear();
    values_.clear();
  }

 private:
  // Documents with more members than a terminal's line can show are shown as their JSON text.
  std::vector<Column> readable_members() const {
    std::vector<Column> columns = members();
    const bool fits = !out_.is_terminal() || columns.size() * kReadableCell <= out_.columns();
    return fits ? columns : std::vector<Column>{whole_value()};
  }

  // Of the objects in the block, in the order in which they are met.
  std::vector<Column> members() const {
    std::vector<Column> columns;
    for (const JsonValue& value : values_) {
      if (!value.is_object()) return {whole_value()};
      for (const auto& [name, member] : value.as_object()) {
        if (std::ranges::find(columns, name, &Column::title) == columns.end()) {
          columns.push_back(member_column(name));
        }
      }
    }
    return columns;
  }

  // A column in which something is not a number is not set to the right.
  std::vector<std::string> cells_of(std::size_t number, const std::vector<Column>& columns,
                                    std::vector<bool>* right) const {
    std::vector<std::string> cells;
    const auto add = [&](std::string text, bool is_number) {
      if (!is_number) (*right)[cells.size()] = false;
      cells.push_back(std::move(text));
    };
    if (shape_.has_key) add(keys_[number], false);
    if (!shape_.has_value) return cells;
    for (const Column& column : columns) {
      const JsonValue value = cell_value(values_[number], column);
      add(escape(cell_text(value)), value.is_number() || value.is_null());
    }
    return cells;
  }

  const Output& out_;
  const RowShape shape_;
  std::vector<std::string> head_;
  std::vector<std::string> keys_;
  std::vector<JsonValue> values_;
};

}  // namespace

Result<RowFormat> parse_row_format(std::string_view text) {
  if (text == "jsonl") return RowFormat::kLines;
  if (text == "table") return RowFormat::kTable;
  if (text == "csv") return RowFormat::kCsv;
  return Status::invalid_argument(fmt::format("--format is jsonl, table or csv, not '{}'", text));
}

Result<Column> field_column(const std::string& field) {
  Column column;
  column.title = field;
  ASHLAR_TRY_ASSIGN(column.path, parse_dotted_path(field));
  return column;
}

Column member_column(const std::string& member) {
  Column column;
  column.title = member;
  std::string name;
  for (const char byte : member) append_escaped_byte(byte, '\'', &name);
  column.path = SingularPath::parse("$['" + name + "']").value();
  return column;
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& cell : cells) {
    if (&cell != &cells.front()) line += ',';
    if (cell.find_first_of(",\"\r\n") == std::string::npos) {
      line += cell;
      continue;
    }
    line += '"';
    for (const char byte : cell) line.append(byte == '"' ? 2 : 1, byte);
    line += '"';
  }
  return line;
}

std::unique_ptr<RowPrinter> make_row_printer(const Output& out, RowFormat format, RowShape shape) {
  switch (format) {
    case RowFormat::kLines:
      return std::make_unique<LinePrinter>(out, shape);
    case RowFormat::kTable:
      return std::make_unique<TablePrinter>(out, std::move(shape));
    case RowFormat::kCsv:
      return std::make_unique<CsvPrinter>(out, std::move(shape));
  }
  return nullptr;
}

}  // namespace ashlar::tools
