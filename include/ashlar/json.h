// JSON documents as values, with nlohmann-json (package nlohmann-json3-dev). Opt in by including
// it; nothing else of Ashlar needs that library.
//
//   auto database = ashlar::Database::open("pets").value();
//   ashlar::JsonDatabase db(*database);
//   db.set("user:1", {{"name", "Alice"}, {"age", 30}});
//   db.get_json("user:1").value()["name"];            // "Alice"
//
// A document is stored as compact JSON text with its members in the order given, so that any reader
// of the database can use it. No exception leaves these functions.
#pragma once

#include <new>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "ashlar/database.h"

namespace ashlar {

// Keeps the order of an object's members.
using Json = nlohmann::ordered_json;

// The compact text of a document.
//   kInvalidArgument  a string in it is not UTF-8.
inline Result<std::string> to_json_text(const Json& document) {
  try {
    return document.dump();
  } catch (const std::bad_alloc&) {
    return Status::out_of_memory("no memory for a JSON text");
  } catch (const Json::exception& error) {
    return Status::invalid_argument(std::string("cannot be written as JSON: ") + error.what());
  }
}

// The document in a text.
//   kInvalidArgument  it is not JSON; the message has the offset of the first wrong byte.
inline Result<Json> parse_json_text(std::string_view text) {
  // The parser takes a zero byte for the end of the text.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    return Status::invalid_argument("not JSON at offset " + std::to_string(zero) + ": a zero byte");
  }
  try {
    return Result<Json>(Json::parse(text.begin(), text.end()));
  } catch (const std::bad_alloc&) {
    return Status::out_of_memory("no memory for a JSON document");
  } catch (const Json::parse_error& error) {
    const std::size_t offset = error.byte > 0 ? error.byte - 1 : 0;
    return Status::invalid_argument("not JSON at offset " + std::to_string(offset) + ": " +
                                    error.what());
  } catch (const Json::exception& error) {
    return Status::invalid_argument(std::string("not JSON: ") + error.what());
  }
}

// Database::set with a document. Errors: also those of to_json_text.
inline Status set_json(Database& db, std::string_view key, const Json& document,
                       const WriteOptions& options = {}) {
  const auto text = to_json_text(document);
  return text.ok() ? db.set(key, *text, options) : text.status();
}

// Database::get for a document. Errors: also those of parse_json_text, with the key in front.
inline Result<Json> get_json(const Database& db, std::string_view key,
                             const ReadOptions& options = {}) {
  const auto value = db.get_pinned(key, options);
  if (!value.ok()) return value.status();
  auto document = parse_json_text(value->view());
  if (document.ok()) return document;
  const Status& status = document.status();
  return Status(status.code(), std::string(key) + ": " + std::string(status.message()));
}

// A database whose values are documents: the same calls, in JSON.
//
// Ownership: refers to a Database, which must outlive it. Copies are cheap.
// Threads:   any number, as with Database.
class JsonDatabase {
 public:
  explicit JsonDatabase(Database& db) : db_(&db) {}

  // A text is stored as a JSON string, with its quotes.
  Status set(std::string_view key, const Json& document, const WriteOptions& options = {}) {
    return set_json(*db_, key, document, options);
  }
  Result<Json> get_json(std::string_view key, const ReadOptions& options = {}) const {
    return ashlar::get_json(*db_, key, options);
  }
  Status del(std::string_view key, const WriteOptions& options = {}) {
    return db_->del(key, options);
  }
  Result<bool> exists(std::string_view key) const { return db_->exists(key); }
  KeyRange keys(std::string_view prefix, const RangeOptions& options = {}) const {
    return db_->keys(prefix, options);
  }

  // Everything else.
  Database& database() const { return *db_; }

 private:
  Database* db_;
};

}  // namespace ashlar
