// Ashlar adapter: the public API, with one option set, the memory budget.
#include <ashlar/database.h>

#include "engine.h"

namespace kvb {
namespace {

void ok(const ashlar::Status& status, const char* what) {
  if (!status.ok()) die(std::string("ashlar ") + what + ": " + status.to_string());
}

class AshlarSession : public Session {
 public:
  explicit AshlarSession(ashlar::Database* db) : db_(db) {}
  void put(std::string_view key, std::string_view value) override {
    ok(db_->set(key, value), "set");
  }
  bool get(std::string_view key, std::string_view& value) override {
    const ashlar::Status status = db_->get(key, &buffer_);
    if (status.is(ashlar::StatusCode::kNotFound)) return false;
    ok(status, "get");
    value = buffer_;
    return true;
  }
  void del(std::string_view key) override { ok(db_->del(key), "del"); }
  void write_batch(const BatchOp* ops, std::size_t n) override {
    batch_.clear();
    for (std::size_t i = 0; i < n; ++i) {
      if (ops[i].erase) {
        batch_.del(ops[i].key);
      } else {
        batch_.set(ops[i].key, ops[i].value);
      }
    }
    ok(db_->write(batch_), "write");
  }
  std::size_t scan(std::string_view from, std::size_t n, Visit visit, void* ctx) override {
    const auto range = db_->range(from, {}, {.limit = n});
    std::size_t visited = 0;
    for (const auto& [key, value] : range) {
      ++visited;
      if (!visit(ctx, key, value)) break;
    }
    ok(range.status(), "range");
    return visited;
  }

 private:
  ashlar::Database* const db_;
  ashlar::Batch batch_;
  std::string buffer_;
};

class AshlarEngine : public Engine {
 public:
  void open(const OpenOptions& o) override {
    ashlar::Options options;
    options.memory_budget = o.cache_bytes;
    options.compression = ashlar::Compression::kNone;
    options.durability = o.durability == Durability::power ? ashlar::Durability::kDisk
                                                           : ashlar::Durability::kProcess;
    auto opened = ashlar::Database::open(o.dir, options);
    ok(opened.status(), "open");
    db_ = std::move(opened).value();
  }
  void close() override { db_.reset(); }
  std::unique_ptr<Session> session() override { return std::make_unique<AshlarSession>(db_.get()); }
  void settle(bool compact) override {
    if (compact) {
      ok(db_->compact(), "compact");
    } else {
      ok(db_->flush(), "flush");
      ok(db_->wait_for_background(), "wait");
    }
  }
  std::string stats() override { return db_->statistics().to_json(); }

 private:
  std::unique_ptr<ashlar::Database> db_;
};

KVB_ENGINE("ashlar", std::make_unique<AshlarEngine>());

}  // namespace
}  // namespace kvb
