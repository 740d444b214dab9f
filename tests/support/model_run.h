// Random calls on a Database, each compared with the model.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "ashlar/database.h"
#include "support/key_space.h"
#include "support/model.h"
#include "support/random.h"

namespace ashlar {

// The world of a run: which Env, and what can be done to it.
struct ModelWorld {
  // Null: the real world.
  Env* env = nullptr;
  std::string folder;
  // Milliseconds since the epoch, as the engine sees them.
  std::function<uint64_t()> now_ms;
  // Lets time pass, and background work go on; empty where they do by themselves.
  std::function<void(uint64_t ms)> advance_ms;
  // Lets the database lose its process: returns the world as it was before closing, and destroys
  // `*database`. Empty where that can't be done.
  std::function<Env*(std::unique_ptr<Database>* database)> kill;
};

// One database from its making to its end, under options and with keys drawn from the seed. Every
// difference is a failure of the running test, with the seed and the number of the operation.
//
// Threads: one.
class ModelRun {
 public:
  ModelRun(ModelWorld world, uint64_t seed);
  ~ModelRun();

  // Stops at the first difference.
  void run(uint64_t operations);

 private:
  struct HeldSnapshot {
    Snapshot snapshot;
    Model::Moment moment;
    uint64_t taken_ms;
  };
  // A range that is read a few entries at a time, with other operations in between.
  struct OpenRange {
    EntryRange range;
    Model::Moment moment;
    uint64_t taken_ms;
    std::string from, to;
    bool reverse;
    uint64_t limit;
    uint64_t read = 0;
    std::optional<std::string> last_key;
  };
  // What a read sees: a moment, and since when expiry may have been judged.
  struct View {
    const Snapshot* snapshot = nullptr;
    Model::Moment moment = 0;
    uint64_t since_ms = 0;
  };

  void step();
  void set();
  void del();
  void del_range();
  void write_batch();
  void increment();
  void compare_and_set();
  void expire();
  void persist();
  void ttl();
  void get();
  void exists();
  void count();
  void read_range();
  void read_keys();
  void hold_snapshot();
  void open_range();
  void advance_range();
  void flush();
  void compact();
  void reopen(bool kill);
  void verify_everything();
  void drop_moments();

  void open();
  OpenRange make_range(const View& view, bool held);
  // Reads up to `entries` more and compares; true when the end was reached.
  bool check_entries(OpenRange& range, uint64_t entries);
  void check_key(OpenRange& range, const std::string& k, const TimeSpan& read);
  void check_end(const OpenRange& range, const Status& status);
  void check_gap(const OpenRange& range, const std::string* up_to, const TimeSpan& read);
  void check_value(const std::string& key, const View& view, const Status& status,
                   std::string_view value, const TimeSpan& read);
  void drop_range(std::list<OpenRange>::iterator range);

  View random_view();
  TimeSpan since(uint64_t start_ms) const { return {start_ms, world_.now_ms()}; }
  std::string key() { return random_key(shape_, random_); }
  std::string boundary();
  ModelValue value();
  std::chrono::milliseconds random_ttl();
  WriteOptions write_options();
  void fail(const std::string& what);
  bool expect_ok(const Status& status, const char* call);
  std::string describe() const;

  ModelWorld world_;
  uint64_t seed_;
  Random random_;
  KeyShape shape_;
  uint32_t largest_value_;
  Options options_;
  uint64_t operation_ = 0;
  const char* call_ = "";
  bool failed_ = false;

  Model model_;
  std::unique_ptr<Database> database_;
  std::list<HeldSnapshot> snapshots_;
  std::list<OpenRange> ranges_;
};

}  // namespace ashlar
