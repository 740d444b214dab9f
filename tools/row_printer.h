// What a query found, as JSON Lines, as CSV, or as a table for a person.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ashlar/result.h"
#include "document/json_path.h"
#include "tools/output.h"

namespace ashlar::tools {

enum class RowFormat : unsigned char { kLines, kTable, kCsv };

// kInvalidArgument for none of "jsonl", "table", "csv".
Result<RowFormat> parse_row_format(std::string_view text);

// What a column shows of a row's JSON value.
struct Column {
  std::string title;
  bool is_whole = false;  // all of it
  SingularPath path{};    // otherwise; several values at it are shown as an array
};

// The column of a field as queries name it. kInvalidArgument: it is no path.
Result<Column> field_column(const std::string& field);
// The column of an object's member.
Column member_column(const std::string& member);

struct RowShape {
  bool has_key = true;
  bool has_value = true;
  // Empty: a table has a column for each member of the objects, CSV one for the whole value.
  std::vector<Column> columns{};
};

// Rows one after the other. Lives on the stack of a command. Threads: one.
class RowPrinter {
 public:
  virtual ~RowPrinter() = default;
  // `json` is valid JSON; key or value are left out if the shape has none.
  virtual Status row(std::string_view key, std::string_view json) = 0;
  // Prints what was held back.
  virtual void finish() {}
};

std::unique_ptr<RowPrinter> make_row_printer(const Output& out, RowFormat format, RowShape shape);

// A line of CSV (RFC 4180), without its end.
std::string csv_line(const std::vector<std::string>& cells);

// A table with its head, each column as wide as its widest cell. Lines that are longer than
// `columns` have their widest columns cut, which … shows; 0: never. `right`: columns that are set
// to the right, such as numbers.
std::string render_table(const std::vector<std::string>& head,
                         const std::vector<std::vector<std::string>>& rows,
                         const std::vector<bool>& right, std::size_t columns);

}  // namespace ashlar::tools
