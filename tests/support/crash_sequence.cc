#include "support/crash_sequence.h"

#include <algorithm>
#include <optional>

namespace ashlar {
namespace {

constexpr char kFolder[] = "/db";
// Of what expires within the sequence.
constexpr std::chrono::milliseconds kShortLife{60};

std::string key_of(uint64_t i) {
  return "key" + std::to_string(100 + i);
}

}  // namespace

CrashSequence::CrashSequence(uint64_t seed, const CrashShape& shape)
    : seed_(seed), shape_(shape), random_(seed), env_(seed) {
  open();
  for (uint64_t i = 0; i < shape.steps && problem_.empty(); ++i) step();
  snapshot_.reset();
  database_.reset();
  if (problem_.empty()) all_durable();
  env_.advance(kShortLife);
}

uint32_t CrashSequence::value_bytes() {
  if (random_.below(1000) < shape_.huge_per_mille) {
    return static_cast<uint32_t>(random_.between(1 << 20, 1'200'000));
  }
  return static_cast<uint32_t>(random_.below(10) < 7 ? random_.below(200)
                                                     : random_.between(900, 9'000));
}

Options CrashSequence::options() const {
  Options options;
  options.memory_budget = Options::kMinimumMemoryBudget;
  options.compression = static_cast<Compression>(seed_ % 4);
  options.durability = Durability::kProcess;
  return options;
}

void CrashSequence::open() {
  Options now = options();
  now.env = &env_;
  const std::size_t begun = env_.operation_count();
  auto opened = Database::open(kFolder, now);
  note(opened.ok() ? Status() : opened.status(), "open", begun);
  if (opened.ok()) database_ = std::move(opened).value();
}

void CrashSequence::step() {
  if (random_.below(100) < shape_.commit_percent) return commit();
  const uint64_t kind = random_.below(30);
  const std::size_t begun = env_.operation_count();
  if (kind < 6) {
    note(database_->sync(), "sync", begun);
    all_durable();
  } else if (kind < 10) {
    note(database_->flush(), "flush", begun);
    all_durable();
  } else if (kind < 12) {
    note(database_->compact(), "compact", begun);
  } else if (kind < 14) {
    if (snapshot_) {
      snapshot_.reset();
    } else {
      snapshot_ = database_->snapshot();
    }
  } else if (kind < 16) {
    snapshot_.reset();
    database_.reset();
    note({}, "close", begun);
    all_durable();
    open();
  } else if (kind < 24) {
    env_.advance(std::chrono::milliseconds(random_.below(80)));
    env_.run_background(random_.below(3));
    note({}, "time passes", begun);
  } else {
    env_.run_background();
    note({}, "background work", begun);
  }
}

Batch CrashSequence::random_writes() {
  Batch batch;
  for (uint64_t left = random_.one_in(3) ? random_.between(2, 8) : 1; left > 0; --left) {
    const uint64_t i = random_.below(shape_.keys);
    if (random_.one_in(15)) {
      const uint64_t end = std::min(shape_.keys, i + 1 + random_.below(8));
      batch.del_range(key_of(i), key_of(end));
      contents_.erase(contents_.lower_bound(key_of(i)), contents_.lower_bound(key_of(end)));
      continue;
    }
    contents_.erase(key_of(i));
    if (random_.one_in(6)) {
      batch.del(key_of(i));
      continue;
    }
    const Recipe recipe{random_.next(), value_bytes()};
    const uint64_t life = random_.below(10);
    if (life == 0) {
      // Over when the sequence is, and what it replaced must not come back.
      batch.set(key_of(i), recipe.make(), kShortLife);
    } else {
      batch.set(key_of(i), recipe.make(), std::chrono::hours(life == 1 ? 1000 : 0));
      contents_[key_of(i)] = recipe;
    }
  }
  return batch;
}

Status CrashSequence::write(const Batch& batch, Durability durability) {
  return database_->write(batch, {.durability = durability, .ttl = std::chrono::milliseconds(0)});
}

Status CrashSequence::write_in_transaction(const Batch& batch, Durability durability) {
  Transaction transaction = database_->begin({.durability = durability});
  const Result<std::string> read = transaction.get(key_of(random_.below(shape_.keys)));
  if (!read.ok() && !read.status().is(StatusCode::kNotFound)) return read.status();
  const Status written = transaction.write(batch);
  return written.ok() ? transaction.commit() : written;
}

void CrashSequence::commit() {
  const Batch batch = random_writes();
  const bool disk = random_.one_in(3);
  const Durability durability = disk ? Durability::kDisk : Durability::kProcess;
  commits_.push_back({env_.operation_count(), SIZE_MAX, SIZE_MAX, contents_});
  if (random_.one_in(4)) {
    note(write_in_transaction(batch, durability), disk ? "transaction to disk" : "transaction",
         commits_.back().begun);
  } else {
    note(write(batch, durability), disk ? "write to disk" : "write", commits_.back().begun);
  }
  commits_.back().acknowledged = env_.operation_count();
  if (disk) all_durable();
}

void CrashSequence::all_durable() {
  for (auto commit = commits_.rbegin(); commit != commits_.rend(); ++commit) {
    if (commit->durable != SIZE_MAX) return;
    commit->durable = env_.operation_count();
  }
}

void CrashSequence::note(const Status& status, const char* call, std::size_t begun) {
  diary_ += std::string(call) + " " + std::to_string(begun) + " to " +
            std::to_string(env_.operation_count()) + ", " + std::to_string(commits_.size()) +
            " commits\n";
  if (!status.ok() && problem_.empty()) problem_ = std::string(call) + ": " + status.to_string();
}

CommitBounds CrashSequence::after_power_cut(std::size_t position) const {
  CommitBounds bounds;
  for (const Commit& commit : commits_) {
    bounds.least += commit.durable <= position;
    bounds.most += commit.begun <= position;
  }
  return bounds;
}

CommitBounds CrashSequence::after_kill(std::size_t position) const {
  CommitBounds bounds;
  for (const Commit& commit : commits_) {
    bounds.least += commit.acknowledged <= position;
    bounds.most += commit.begun <= position;
  }
  return bounds;
}

bool CrashSequence::matches(const std::vector<std::pair<std::string, std::string>>& entries,
                            uint64_t commits) const {
  static const Contents kNothing;
  const Contents& contents = commits == 0 ? kNothing : commits_[commits - 1].contents;
  if (contents.size() != entries.size()) return false;
  auto want = contents.begin();
  for (const auto& [key, value] : entries) {
    if (want->first != key || want->second.bytes != value.size()) return false;
    ++want;
  }
  want = contents.begin();
  for (const auto& [key, value] : entries) {
    if (want->second.make() != value) return false;
    ++want;
  }
  return true;
}

Found CrashSequence::examine(SimEnv& env, const CommitBounds& bounds, Use use) const {
  Found found;
  Options now = options();
  now.env = &env;
  now.read_only = use == Use::kReadOnly;
  auto opened = Database::open(kFolder, now);
  if (!opened.ok()) {
    // A database that was never wholly made is made anew by whoever may write.
    if (now.read_only && bounds.least == 0 && opened.status().is(StatusCode::kNotFound))
      return found;
    found.problem = "open: " + opened.status().to_string();
    return found;
  }
  Database& database = **opened;
  const auto all = database.range("", "");
  const auto entries = all.to_vector();
  if (!all.status().ok()) {
    found.problem = "range: " + all.status().to_string();
    return found;
  }
  std::optional<uint64_t> commits;
  for (uint64_t n = bounds.most + 1; n-- > bounds.least && !commits;) {
    if (matches(entries, n)) commits = n;
  }
  if (!commits) {
    found.problem = "what is there is the state after none of the commits " +
                    std::to_string(bounds.least) + " to " + std::to_string(bounds.most);
    for (uint64_t n = 0; n < commits_.size(); ++n) {
      if (matches(entries, n)) found.problem += "; it is that after " + std::to_string(n);
    }
    return found;
  }
  found.commits = *commits;
  for (const auto& [key, value] : entries) {
    const auto got = database.get(key);
    if (!got.ok() || *got != value) found.problem = "get " + key + " differs from the range";
  }
  const auto report = database.verify();
  if (!report.ok())
    found.problem = "verify: " + report.status().to_string();
  else if (!report->problems.empty())
    found.problem = "verify: " + report->problems.front();
  if (use == Use::kWrite && found.problem.empty()) {
    const Status set = database.set("later", "x", {.durability = Durability::kDisk, .ttl = {}});
    if (!set.ok())
      found.problem = "set: " + set.to_string();
    else if (database.get("later").value_or("") != "x")
      found.problem = "a later set is not there";
    const Status del = database.del("later");
    if (!del.ok()) found.problem = "del: " + del.to_string();
  }
  return found;
}

}  // namespace ashlar
