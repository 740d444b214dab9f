#include "support/sqlite_documents.h"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace ashlar {
namespace {

// Ends the program if `code` is an error.
void check(sqlite3* db, int code, std::string_view what) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
  std::fprintf(stderr, "sqlite: %s\nin %.*s\n", sqlite3_errmsg(db), static_cast<int>(what.size()),
               what.data());
  std::abort();
}

std::string column_text(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
      return "null";
    case SQLITE_INTEGER:
      return std::to_string(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
      return canonical_number(sqlite3_column_double(statement, column));
    default: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
    }
  }
}

}  // namespace

std::string canonical_number(double value) {
  constexpr double kIntegers = 9.0e18;  // all integers below fit 64 bits
  if (std::trunc(value) == value && std::fabs(value) < kIntegers) {
    return std::to_string(static_cast<int64_t>(value));
  }
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

std::string sql_text(std::string_view text) {
  std::string quoted = "'";
  for (const char byte : text) quoted.append(byte == '\'' ? 2 : 1, byte);
  return quoted + "'";
}

SqliteDocuments::SqliteDocuments() {
  check(db_, sqlite3_open(":memory:", &db_), "open");
  change("CREATE TABLE docs(key TEXT PRIMARY KEY NOT NULL, json TEXT NOT NULL) WITHOUT ROWID");
}

SqliteDocuments::~SqliteDocuments() {
  sqlite3_close(db_);
}

void SqliteDocuments::set(std::string_view key, std::string_view json) {
  change("INSERT OR REPLACE INTO docs VALUES(" + sql_text(key) + ", " + sql_text(json) + ")");
}

std::vector<SqliteDocuments::Row> SqliteDocuments::rows(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  check(db_, sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr), sql);
  std::vector<Row> found;
  int state = 0;
  while ((state = sqlite3_step(statement)) == SQLITE_ROW) {
    Row& row = found.emplace_back();
    for (int column = 0; column < sqlite3_column_count(statement); ++column) {
      row.push_back(column_text(statement, column));
    }
  }
  check(db_, state, sql);
  sqlite3_finalize(statement);
  return found;
}

int SqliteDocuments::change(const std::string& sql) {
  check(db_, sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr), sql);
  return sqlite3_changes(db_);
}

}  // namespace ashlar
