#include "api/plain_batch.h"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "base/key_space.h"
#include "base/try.h"
#include "index/indexed_batch.h"
#include "txn/batch_replay.h"

namespace ashlar {
namespace {

// The commit looks at the keys until it is written: escaped ones are kept.
std::string_view stored_key(std::string_view key, std::deque<std::string>* kept) {
  return begins_with_escape(key) ? kept->emplace_back(StoredKey(key).view()) : key;
}

// Puts writes into a commit, after checking them.
class CommitFiller {
 public:
  CommitFiller(Engine& engine, Commit* commit) : engine_(engine), commit_(commit) {}

  Status set(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) {
    ASHLAR_TRY(check_key(key));
    ASHLAR_TRY(check_value(value));
    ASHLAR_TRY_ASSIGN(const uint64_t expires_at_ms, engine_.expiry_of(ttl));
    return engine_.add_set(stored(key), value, expires_at_ms, commit_);
  }
  Status del(std::string_view key) {
    ASHLAR_TRY(check_key(key));
    commit_->del(stored(key));
    return {};
  }
  Status del_range(std::string_view from, std::string_view to) {
    if (!to.empty() && to < from) return Status::invalid_argument("range ends before it starts");
    if (from == to && !to.empty()) return {};
    if (!to.empty() && to <= kSystemKeysBegin) {
      commit_->del_range(from, to);
      return {};
    }
    StoredRanges ranges = stored_ranges(from, to);
    if (ranges.has_below) del_stored_range(std::move(ranges.below));
    if (ranges.has_behind) del_stored_range(std::move(ranges.behind));
    return {};
  }

 private:
  std::string_view stored(std::string_view key) { return stored_key(key, &kept_); }
  std::string_view keep(std::string bytes) { return kept_.emplace_back(std::move(bytes)); }
  void del_stored_range(StoredRange range) {
    if (!range.to.empty() && range.from >= range.to) return;
    const std::string_view from = keep(std::move(range.from));
    commit_->del_range(from, keep(std::move(range.to)));
  }

  Engine& engine_;
  Commit* const commit_;
  std::deque<std::string> kept_;
};

// The same with the entries of indexes.
class IndexedFiller {
 public:
  IndexedFiller(Engine& engine, IndexedBatch* batch) : engine_(engine), batch_(batch) {}

  Status set(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) {
    ASHLAR_TRY(check_key(key));
    ASHLAR_TRY(check_value(value));
    ASHLAR_TRY_ASSIGN(const uint64_t expires_at_ms, engine_.expiry_of(ttl));
    const StoredValue after{value, expires_at_ms};
    return batch_->add(stored_key(key, &kept_), &after);
  }
  Status del(std::string_view key) {
    ASHLAR_TRY(check_key(key));
    return batch_->add(stored_key(key, &kept_), nullptr);
  }
  Status del_range(std::string_view, std::string_view) {
    return Status::invalid_argument("a range among points");
  }

 private:
  Engine& engine_;
  IndexedBatch* const batch_;
  std::deque<std::string> kept_;
};

}  // namespace

bool PlainBatch::is_covered_by(const IndexSet& set) const {
  bool covered = false;
  batch_.for_each([&](Batch::Operation operation, std::string_view key, std::string_view end,
                      std::chrono::milliseconds) {
    if (covered) return;
    if (operation != Batch::Operation::kDeleteRange) {
      covered = set.covers(StoredKey(key));
      return;
    }
    const StoredRanges ranges = stored_ranges(key, end);
    covered = (ranges.has_below && set.covers_some_of(ranges.below.from, ranges.below.to)) ||
              (ranges.has_behind && set.covers_some_of(ranges.behind.from, ranges.behind.to));
  });
  return covered;
}

Status PlainBatch::write(Engine& engine, uint64_t rules,
                         std::optional<Durability> durability) const {
  ThreadCommit reused;
  Commit& commit = *reused;
  commit.set_rules(rules);
  CommitFiller filler(engine, &commit);
  if (Status filled = replay_batch(batch_, default_ttl_, &filler); !filled.ok()) {
    engine.abandon(commit);
    return filled;
  }
  return engine.write(&commit, durability);
}

bool PlainBatch::has_distinct_points() const {
  bool points = true;
  bool ascending = true;
  std::vector<std::string_view> keys;
  keys.reserve(batch_.size());
  batch_.for_each([&](Batch::Operation operation, std::string_view key, std::string_view,
                      std::chrono::milliseconds) {
    points = points && operation != Batch::Operation::kDeleteRange;
    ascending = ascending && (keys.empty() || keys.back() < key);
    keys.push_back(key);
  });
  if (!points || ascending) return points;
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) == keys.end();
}

Result<bool> PlainBatch::write_with_entries(Engine& engine, const IndexSet& set,
                                            std::optional<Durability> durability) const {
  if (!has_distinct_points()) return false;
  IndexedBatch batch(engine, set);
  IndexedFiller filler(engine, &batch);
  ASHLAR_TRY(replay_batch(batch_, default_ttl_, &filler));
  if (batch.changes_unique_entries()) return false;
  ASHLAR_TRY(batch.write(durability));
  return true;
}

Status PlainBatch::write(Transaction* transaction) const {
  return replay_batch(batch_, default_ttl_, transaction);
}

}  // namespace ashlar
