// Memory runs out: at the first allocation of a workload, at the second, and so on until there is
// none left to fail. Each time every call must end in an error or a right answer, and the database
// must open again with everything that was acknowledged.
//
// This program replaces the global operator new. ASHLAR_ALLOCATIONS=n takes every n-th allocation;
// ASHLAR_FIRST is where it begins, to repeat a failure.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <new>
#include <optional>
#include <set>
#include <thread>

#include "ashlar/database.h"
#include "env/sim_env.h"
#include "support/random.h"

namespace {

// Of the thread that runs the workload; the simulated environment has no other.
thread_local bool counting = false;
thread_local uint64_t allocations = 0;
thread_local uint64_t first_to_fail = UINT64_MAX;
thread_local uint64_t failing = 0;  // how many in a row

bool must_fail() {
  if (!counting) return false;
  const uint64_t number = allocations++;
  return number >= first_to_fail && number - first_to_fail < failing;
}

void* allocate(std::size_t bytes, std::size_t alignment) {
  if (must_fail()) return nullptr;
  if (alignment <= alignof(std::max_align_t)) return std::malloc(bytes == 0 ? 1 : bytes);
  return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}

void* allocate_or_throw(std::size_t bytes, std::size_t alignment) {
  void* const memory = allocate(bytes, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t bytes) {
  return allocate_or_throw(bytes, 0);
}
void* operator new[](std::size_t bytes) {
  return allocate_or_throw(bytes, 0);
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return allocate_or_throw(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return allocate_or_throw(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return allocate(bytes, 0);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return allocate(bytes, 0);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}

namespace ashlar {
namespace {

constexpr char kFolder[] = "/db";
const std::string kWideKey(5000, 'w');  // a leaf of several pages

class Counting {
 public:
  explicit Counting(bool on) : before_(std::exchange(counting, on)) {}
  ~Counting() { counting = before_; }

 private:
  const bool before_;
};

// The tasks are the engine's; what runs them is not.
class UncountedExecutor final : public Executor {
 public:
  explicit UncountedExecutor(std::unique_ptr<Executor> base) : base_(std::move(base)) {}
  void submit(Lane lane, std::function<void()> task) override {
    const Counting off(false);
    base_->submit(lane, counted(std::move(task)));
  }
  void submit_after(Lane lane, std::chrono::milliseconds delay,
                    std::function<void()> task) override {
    const Counting off(false);
    base_->submit_after(lane, delay, counted(std::move(task)));
  }
  void wait(std::unique_lock<std::mutex>& lock, std::condition_variable& condition,
            const std::function<bool()>& ready) override {
    const Counting off(false);
    base_->wait(lock, condition, ready);
  }
  void stop() override {
    const Counting off(false);
    base_->stop();
  }

 private:
  // As on a thread of its own: an exception that leaves the task ends the process.
  static std::function<void()> counted(std::function<void()> task) {
    return [task = std::move(task)]() noexcept {
      const Counting on(true);
      task();
    };
  }
  std::unique_ptr<Executor> base_;
};

class UncountedFile final : public File {
 public:
  explicit UncountedFile(std::unique_ptr<File> base) : base_(std::move(base)) {}
  ~UncountedFile() override {
    const Counting off(false);
    base_.reset();
  }
  Status read(uint64_t offset, char* to, std::size_t bytes) const override {
    const Counting off(false);
    return base_->read(offset, to, bytes);
  }
  Status write(uint64_t offset, std::string_view bytes) override {
    const Counting off(false);
    return base_->write(offset, bytes);
  }
  Status write_synced(uint64_t offset, std::string_view bytes) override {
    const Counting off(false);
    return base_->write_synced(offset, bytes);
  }
  Status sync() override {
    const Counting off(false);
    return base_->sync();
  }
  Status allocate(uint64_t bytes) override {
    const Counting off(false);
    return base_->allocate(bytes);
  }
  Status truncate(uint64_t bytes) override {
    const Counting off(false);
    return base_->truncate(bytes);
  }
  Result<uint64_t> size() const override { return base_->size(); }
  void advise(uint64_t, uint64_t, Advice) const override {}
  const std::string& path() const override { return base_->path(); }

 private:
  std::unique_ptr<File> base_;
};

class UncountedMapping final : public MappedFile {
 public:
  explicit UncountedMapping(std::unique_ptr<MappedFile> base) : base_(std::move(base)) {}
  ~UncountedMapping() override {
    const Counting off(false);
    base_.reset();
  }
  const char* data() const override { return base_->data(); }
  std::size_t size() const override { return base_->size(); }
  void write(std::size_t offset, std::string_view bytes) override {
    const Counting off(false);
    base_->write(offset, bytes);
  }

 private:
  std::unique_ptr<MappedFile> base_;
};

// A simulated world whose own allocations neither count nor fail: what is tested is the engine.
class UncountedEnv final : public Env {
 public:
  explicit UncountedEnv(SimEnv* base) : base_(*base) {}

  Result<std::unique_ptr<File>> open_file(const std::string& path,
                                          const FileOptions& options) override {
    const Counting off(false);
    auto file = base_.open_file(path, options);
    if (!file.ok()) return file;
    return std::unique_ptr<File>(std::make_unique<UncountedFile>(std::move(file).value()));
  }
  Result<std::unique_ptr<MappedFile>> map_file(const std::string& path,
                                               std::size_t bytes) override {
    const Counting off(false);
    auto mapping = base_.map_file(path, bytes);
    if (!mapping.ok()) return mapping;
    return std::unique_ptr<MappedFile>(
        std::make_unique<UncountedMapping>(std::move(mapping).value()));
  }
  Result<bool> exists(const std::string& path) override {
    const Counting off(false);
    return base_.exists(path);
  }
  Result<std::vector<DirectoryEntry>> list(const std::string& folder) override {
    const Counting off(false);
    return base_.list(folder);
  }
  Status create_folder(const std::string& path) override {
    const Counting off(false);
    return base_.create_folder(path);
  }
  Status remove_folder(const std::string& path) override {
    const Counting off(false);
    return base_.remove_folder(path);
  }
  Status rename(const std::string& from, const std::string& to) override {
    const Counting off(false);
    return base_.rename(from, to);
  }
  Status remove(const std::string& path) override {
    const Counting off(false);
    return base_.remove(path);
  }
  Status link(const std::string& existing, const std::string& created) override {
    const Counting off(false);
    return base_.link(existing, created);
  }
  Status sync_folder(const std::string& path) override {
    const Counting off(false);
    return base_.sync_folder(path);
  }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    const Counting off(false);
    return base_.lock(path);
  }
  uint64_t volume_bytes(const std::string& folder) override { return base_.volume_bytes(folder); }
  uint64_t wall_clock_us() override { return base_.wall_clock_us(); }
  uint64_t monotonic_ns() override { return base_.monotonic_ns(); }
  void sleep(std::chrono::microseconds duration) override { base_.sleep(duration); }
  uint64_t random() override { return base_.random(); }
  std::unique_ptr<Executor> new_executor() override {
    const Counting off(false);
    return std::make_unique<UncountedExecutor>(base_.new_executor());
  }

 private:
  SimEnv& base_;
};

// What a key may hold: more than one thing behind a write of which nothing is known.
using Possible = std::map<std::string, std::set<std::optional<std::string>>>;

class Workload {
 public:
  Workload() : sim_(1), env_(&sim_) {
    options_.memory_budget = Options::kMinimumMemoryBudget;
    options_.env = &env_;
  }

  // Runs everything while allocations `first` and those behind it, `count` in a row, fail.
  // Returns whether there was one to fail.
  bool run(uint64_t first, uint64_t count);

 private:
  void open();
  void write(const std::string& key, const std::string& value, Durability durability);
  void del(const std::string& key);
  void del_range(const std::string& from, const std::string& to);
  void work();
  void check(const Database& database);
  void expect_background_to_go_on();
  // Whether the call went well; memory may run out in it.
  template <typename Call>
  bool attempt(const char* what, Call&& call);

  SimEnv sim_;
  UncountedEnv env_;
  Options options_;
  std::unique_ptr<Database> database_;
  Possible possible_;
};

template <typename Call>
bool Workload::attempt(const char* what, Call&& call) {
  SCOPED_TRACE(what);
  Status status;
  try {
    const Counting on(true);
    status = call();
  } catch (const std::bad_alloc&) {
    return false;
  }
  // What memory running out made of an earlier call may still show, but as no other error.
  EXPECT_TRUE(status.ok() || status.is(StatusCode::kBusy) || status.is(StatusCode::kReadOnly) ||
              status.is(StatusCode::kIoError) || status.is(StatusCode::kOutOfMemory))
      << status.to_string();
  return status.ok();
}

void Workload::open() {
  attempt("open", [&]() -> Status {
    auto opened = Database::open(kFolder, options_);
    if (!opened.ok()) return opened.status();
    database_ = std::move(opened).value();
    return {};
  });
}

void Workload::write(const std::string& key, const std::string& value, Durability durability) {
  auto& values = possible_[key];
  if (values.empty()) values.insert(std::nullopt);
  const bool written = attempt(
      "set", [&] { return database_->set(key, value, {.durability = durability, .ttl = {}}); });
  if (written) values.clear();
  values.insert(value);
}

void Workload::del(const std::string& key) {
  auto& values = possible_[key];
  const bool was_there = !values.empty() && !values.contains(std::nullopt);
  bool threw = false;
  Status status;
  try {
    const Counting on(true);
    status = database_->del(key, {.durability = Durability::kProcess, .ttl = {}});
  } catch (const std::bad_alloc&) {
    threw = true;
  }
  if (!threw && status.ok()) values.clear();
  values.insert(std::nullopt);
  if (!threw || !was_there) return;
  // Either nothing has happened, or nothing can be written any more.
  const Result<bool> is_there = database_->exists(key);
  if (is_there.ok() && !*is_there) {
    EXPECT_TRUE(database_->del("no such key").is(StatusCode::kReadOnly));
  }
}

void Workload::del_range(const std::string& from, const std::string& to) {
  const bool deleted = attempt("del_range", [&] {
    return database_->del_range(from, to, {.durability = Durability::kProcess, .ttl = {}});
  });
  for (auto at = possible_.lower_bound(from); at != possible_.lower_bound(to); ++at) {
    if (deleted) at->second.clear();
    at->second.insert(std::nullopt);
  }
}

void Workload::work() {
  for (int i = 0; i < 4; ++i) write("a" + std::to_string(i), "first", Durability::kProcess);
  write("a1", std::string(3000, 'x'), Durability::kDisk);
  write(kWideKey, "in a leaf of several pages", Durability::kProcess);
  attempt("flush", [&] { return database_->flush(); });
  del(kWideKey);
  const bool whole = attempt("transaction", [&]() -> Status {
    Transaction transaction = database_->begin();
    const Result<std::string> got = transaction.get("a2");
    if (!got.ok() && !got.status().is(StatusCode::kNotFound)) return got.status();
    Status status = transaction.set("t1", "one");
    if (status.ok()) status = transaction.set("t2", "two");
    return status.ok() ? transaction.commit() : status;
  });
  possible_["t1"] = whole ? Possible::mapped_type{"one"} : Possible::mapped_type{"one", {}};
  possible_["t2"] = whole ? Possible::mapped_type{"two"} : Possible::mapped_type{"two", {}};
  write("a2", "second", Durability::kDisk);
  write("h", std::string(1 << 20, 'h'), Durability::kProcess);
  del_range("a0", "a1");
  attempt("flush", [&] { return database_->flush(); });
  {
    std::optional<Snapshot> snapshot;
    attempt("snapshot", [&]() -> Status {
      snapshot.emplace(database_->snapshot());
      return {};
    });
    write("a3", "third", Durability::kProcess);
    attempt("compact", [&] { return database_->compact(); });
  }
  check(*database_);
  attempt("sync", [&] { return database_->sync(); });
  attempt("wait", [&] { return database_->wait_for_background(); });
}

void Workload::check(const Database& database) {
  for (const auto& [key, values] : possible_) {
    attempt("get", [&, &wanted = values]() -> Status {
      const Result<std::string> got = database.get(key);
      if (!got.ok() && !got.status().is(StatusCode::kNotFound)) return got.status();
      const Counting off(false);
      const auto found = got.ok() ? std::optional<std::string>(*got) : std::nullopt;
      EXPECT_TRUE(wanted.contains(found)) << key << " is " << found.value_or("not there");
      return {};
    });
  }
  attempt("scan", [&]() -> Status {
    const auto range = database.range("", "");
    std::set<std::string> keys;
    for (const Entry& entry : range) {
      const Counting off(false);
      const auto known = possible_.find(std::string(entry.key));
      EXPECT_TRUE(known != possible_.end() && known->second.contains(std::string(entry.value)))
          << entry.key;
      keys.emplace(entry.key);
    }
    const Counting off(false);
    if (!range.status().ok()) return range.status();
    for (const auto& [key, values] : possible_) {
      EXPECT_TRUE(keys.contains(key) || values.contains(std::nullopt)) << key << " is missing";
    }
    return {};
  });
}

// Once there is memory again; whoever waits first may still be told of the failure.
void Workload::expect_background_to_go_on() {
  for (int attempt = 0; attempt < 2; ++attempt) {
    (void)database_->wait_for_background();
    sim_.advance(std::chrono::seconds(2));
    sim_.run_background();
  }
  const Status status = database_->wait_for_background();
  EXPECT_TRUE(status.ok() || status.is(StatusCode::kReadOnly)) << status.to_string();
}

bool Workload::run(uint64_t first, uint64_t count) {
  allocations = 0;
  first_to_fail = first;
  failing = count;
  open();
  if (database_) work();
  if (database_ && allocations >= first + count) expect_background_to_go_on();
  {
    const Counting on(true);
    database_.reset();
  }
  const bool failed = allocations > first;
  open();
  if (!database_) open();
  first_to_fail = UINT64_MAX;
  if (!database_) open();
  EXPECT_TRUE(database_ != nullptr) << "it does not open any more";
  if (!database_) return failed;
  check(*database_);
  EXPECT_EQ(possible_.count("t1") != 0 && database_->exists("t1").value(),
            possible_.count("t2") != 0 && database_->exists("t2").value())
      << "half a transaction";
  const auto report = database_->verify();
  EXPECT_TRUE(report.ok() && report->problems.empty());
  EXPECT_TRUE(database_->set("later", "x").ok());
  database_.reset();
  return failed;
}

// What threads keep for themselves is allocated anew each time.
bool run_on_a_new_thread(uint64_t first, uint64_t count) {
  bool failed = false;
  std::thread([&] { failed = Workload().run(first, count); }).join();
  return failed;
}

void fail_each(uint64_t in_a_row) {
  const uint64_t step = environment_number("ASHLAR_ALLOCATIONS", 7);
  const uint64_t begin = environment_number("ASHLAR_FIRST", 0);
  uint64_t first = begin;
  while (run_on_a_new_thread(first, in_a_row)) {
    ASSERT_FALSE(testing::Test::HasFailure()) << "allocation " << first;
    first += step;
  }
  std::printf("%llu allocations failed, one after the other\n",
              static_cast<unsigned long long>((first - begin) / step));
}

TEST(OutOfMemory, OneAllocationFails) {
  fail_each(1);
}
TEST(OutOfMemory, AHundredInARowFail) {
  fail_each(100);
}

}  // namespace
}  // namespace ashlar
