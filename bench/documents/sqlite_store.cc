// JSON text in a table, with indexes on expressions; every statement is prepared once.
#include <sqlite3.h>

#include <filesystem>
#include <string>

#include "store.h"

namespace docbench {
namespace {

constexpr const char* kSql[kQuestions] = {
    "SELECT key, json FROM docs WHERE json->>'$.name' = ?1",
    "SELECT key, json FROM docs WHERE json->>'$.score' >= ?2 AND json->>'$.score' < ?3 "
    "ORDER BY json->>'$.score' LIMIT 100",
    "SELECT key, json FROM docs WHERE json->>'$.city' = ?1 AND json->>'$.age' = ?2",
    "SELECT key, json FROM docs ORDER BY json->>'$.score' DESC LIMIT 100",
    "SELECT key, json FROM docs ORDER BY json->>'$.rank' DESC LIMIT 10",
    "SELECT count(*) FROM docs WHERE json->>'$.rank' < ?2",
    "SELECT count(*) FROM docs WHERE json->>'$.address.country' = ?1 AND json->>'$.age' >= ?2",
    "SELECT count(*) FROM docs WHERE EXISTS "
    "(SELECT 1 FROM json_each(docs.json, '$.tags') WHERE value = ?1)",
    "SELECT json->>'$.address.country', count(*), sum(json->>'$.score'), avg(json->>'$.age') "
    "FROM docs GROUP BY 1",
    "SELECT DISTINCT json->>'$.address.country' FROM docs",
    "SELECT count(*) FROM docs WHERE json->>'$.city' = ?1",
    "SELECT DISTINCT json->>'$.city' FROM docs",
    "UPDATE docs SET json = json_set(json, '$.rank', ?4) WHERE json->>'$.city' = ?1",
    "UPDATE docs SET json = json_set(json, '$.age', ?4) WHERE json->>'$.city' = ?1",
    "DELETE FROM docs WHERE json->>'$.city' = ?1 AND json->>'$.age' < ?2",
};

class SqliteStore : public Store {
 public:
  ~SqliteStore() override { close(); }
  const char* name() const override { return "sqlite"; }

  void open(const StoreOptions& options) override {
    std::filesystem::create_directories(options.folder);
    const std::string path = options.folder + "/documents.sqlite";
    constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    ok(sqlite3_open_v2(path.c_str(), &db_, kFlags, nullptr));
    run("PRAGMA journal_mode=WAL");
    run(options.durability == Durability::kDisk ? "PRAGMA synchronous=FULL"
                                                : "PRAGMA synchronous=OFF");
    run("PRAGMA mmap_size=" + std::to_string(16ull << 30));
    run("PRAGMA cache_size=-" + std::to_string(options.cache_bytes >> 10));
    run("PRAGMA wal_autocheckpoint=4000");
    run("PRAGMA temp_store=MEMORY");
    run(options.rowid ? "CREATE TABLE IF NOT EXISTS docs(key TEXT UNIQUE NOT NULL, json TEXT)"
                      : "CREATE TABLE IF NOT EXISTS docs(key TEXT PRIMARY KEY NOT NULL, json TEXT) "
                        "WITHOUT ROWID");
    begin_ = prepare("BEGIN IMMEDIATE");
    commit_ = prepare("COMMIT");
    set_ = prepare(
        "INSERT INTO docs VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET json = excluded.json");
  }

  void close() override {
    for (sqlite3_stmt*& statement : asked_) finalize(&statement);
    finalize(&begin_);
    finalize(&commit_);
    finalize(&set_);
    if (db_ != nullptr) ok(sqlite3_close(db_));
    db_ = nullptr;
  }

  void set(const Document& document) override {
    bind(set_, 1, document.key);
    bind(set_, 2, document.json);
    step_to_end(set_);
  }
  void set_all(const Document* documents, std::size_t count) override {
    step_to_end(begin_);
    for (std::size_t at = 0; at < count; ++at) set(documents[at]);
    step_to_end(commit_);
  }

  void index_name() override { run("CREATE INDEX by_name ON docs(json->>'$.name')"); }
  void index_city_age() override {
    run("CREATE INDEX by_city_age ON docs(json->>'$.city', json->>'$.age')");
  }
  void index_score() override { run("CREATE INDEX by_score ON docs(json->>'$.score')"); }

  void settle() override {
    run("PRAGMA wal_checkpoint(TRUNCATE)");
    run("PRAGMA optimize");
    run("ANALYZE");
  }

  Answer ask(Question question, const Parameters& p) override {
    sqlite3_stmt*& statement = asked_[static_cast<int>(question)];
    if (statement == nullptr) statement = prepare(kSql[static_cast<int>(question)]);
    bind_all(statement, p);
    Answer answer;
    int state = 0;
    while ((state = sqlite3_step(statement)) == SQLITE_ROW) take_row(question, statement, &answer);
    if (state != SQLITE_DONE) ok(state);
    ok(sqlite3_reset(statement));
    if (question >= Question::kUpdateCity) {
      answer.rows = static_cast<uint64_t>(sqlite3_changes(db_));
    }
    return answer;
  }

 private:
  void ok(int code) const {
    if (code != SQLITE_OK) fail(std::string("sqlite: ") + sqlite3_errmsg(db_));
  }
  void run(const std::string& sql) {
    ok(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr));
  }

  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    ok(sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
    return statement;
  }
  static void finalize(sqlite3_stmt** statement) {
    sqlite3_finalize(*statement);
    *statement = nullptr;
  }

  void bind(sqlite3_stmt* statement, int place, const std::string& text) const {
    ok(sqlite3_bind_text(statement, place, text.data(), static_cast<int>(text.size()),
                         SQLITE_STATIC));
  }
  void bind_all(sqlite3_stmt* statement, const Parameters& p) const {
    const int places = sqlite3_bind_parameter_count(statement);
    if (places >= 1) bind(statement, 1, p.text);
    if (places >= 2) ok(sqlite3_bind_double(statement, 2, p.low));
    if (places >= 3) ok(sqlite3_bind_double(statement, 3, p.high));
    if (places >= 4) ok(sqlite3_bind_int64(statement, 4, static_cast<int64_t>(p.low)));
  }

  void step_to_end(sqlite3_stmt* statement) const {
    if (sqlite3_step(statement) != SQLITE_DONE) fail(sqlite3_errmsg(db_));
    ok(sqlite3_reset(statement));
  }

  static std::string_view text_at(sqlite3_stmt* statement, int column) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
    return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
  }

  static void take_row(Question question, sqlite3_stmt* statement, Answer* answer) {
    switch (question) {
      case Question::kCountRanks:
      case Question::kCountCountry:
      case Question::kTagged:
      case Question::kCountCity:
        *answer = {1, static_cast<uint64_t>(sqlite3_column_int64(statement, 0))};
        return;
      case Question::kGroupCountry:
        answer->add(text_at(statement, 0),
                    std::to_string(sqlite3_column_int64(statement, 1)) + ' ' +
                        std::to_string(sqlite3_column_double(statement, 2)) + ' ' +
                        std::to_string(sqlite3_column_double(statement, 3)));
        return;
      case Question::kDistinctCountry:
      case Question::kDistinctCity:
        answer->add(text_at(statement, 0), {});
        return;
      default:
        answer->add(text_at(statement, 0), text_at(statement, 1));
    }
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
  sqlite3_stmt* set_ = nullptr;
  sqlite3_stmt* asked_[kQuestions] = {};
};

}  // namespace

std::unique_ptr<Store> make_sqlite_store() {
  return std::make_unique<SqliteStore>();
}

}  // namespace docbench
