// SQLite as a second evaluator of queries: documents as JSON text in a table.
#pragma once

#include <sqlite3.h>

#include <string>
#include <string_view>
#include <vector>

namespace ashlar {

// A database in memory with the table docs(key, json). Every call that fails ends the test program
// with SQLite's message.
//
// Threads: one at a time.
class SqliteDocuments {
 public:
  using Row = std::vector<std::string>;

  SqliteDocuments();
  ~SqliteDocuments();
  SqliteDocuments(const SqliteDocuments&) = delete;
  SqliteDocuments& operator=(const SqliteDocuments&) = delete;

  void set(std::string_view key, std::string_view json);
  // All rows; null is "null", a number is spelled as canonical_number() does, text is as it is.
  std::vector<Row> rows(const std::string& sql);
  // How many rows it changed.
  int change(const std::string& sql);

 private:
  sqlite3* db_ = nullptr;
};

// One spelling for equal numbers: integers without a fraction.
std::string canonical_number(double value);

// In single quotes.
std::string sql_text(std::string_view text);

}  // namespace ashlar
