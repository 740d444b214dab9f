#include "index/indexed_write.h"

#include <vector>

#include "base/byte_arena.h"
#include "base/epoch.h"
#include "base/mutants.h"
#include "base/try.h"

namespace ashlar {
namespace {

// [IDX-4] What was seen, and must still be so.
class SeenGate : public CommitGate {
 public:
  // `found`: null if there was nothing. The key's bytes must outlive the gate.
  void add(std::string_view key, const FoundEntry* found) {
    if (found == nullptr) {
      seen_.push_back({key, false, {}, 0});
    } else {
      seen_.push_back({key, true, bytes_.keep(found->value), found->expires_at_ms});
    }
  }

  Status pass(const LatestState& latest, Commit*) override {
    if (ASHLAR_MUTANT("seen-documents-not-compared")) return {};
    for (const Seen& seen : seen_) {
      FoundEntry found;
      const Status status = latest.find(seen.key, &found);
      if (!status.ok() && !status.is(StatusCode::kNotFound)) return status;
      const bool same = status.ok() == seen.present &&
                        (!seen.present ||
                         (found.value == seen.value && found.expires_at_ms == seen.expires_at_ms));
      if (!same) return Status::conflict("another commit changed the document meanwhile");
    }
    return {};
  }

 private:
  struct Seen {
    std::string_view key;
    bool present;
    std::string_view value;
    uint64_t expires_at_ms;
  };
  ByteArena bytes_;
  std::vector<Seen> seen_;
};

class IndexedWrite {
 public:
  IndexedWrite(Engine& engine, const IndexSet& set, std::string_view key)
      : engine_(engine), set_(set), key_(key) {}

  Status write(const StoredValue* after, std::optional<Durability> durability) {
    ASHLAR_TRY(look(after));
    ThreadCommit reused;
    Commit& commit = *reused;
    commit.set_rules(set_.rules());
    ASHLAR_TRY(add_entries(&commit));
    if (after == nullptr) {
      commit.del(key_);
    } else if (Status added = engine_.add_set(key_, after->text, after->expires_at_ms, &commit);
               !added.ok()) {
      engine_.abandon(commit);
      return added;
    }
    return engine_.write_through(&gate_, &commit, durability);
  }

 private:
  // Reads what is stored, and tells what changes.
  Status look(const StoredValue* after) {
    const EpochGuard guard;
    FoundEntry found;
    const Status status = engine_.find(key_, nullptr, &found);
    if (!status.ok() && !status.is(StatusCode::kNotFound)) return status;
    gate_.add(key_, status.ok() ? &found : nullptr);
    const StoredValue before{found.value, found.expires_at_ms};
    return set_.upkeep().collect(key_, status.ok() ? &before : nullptr, after, &changes_);
  }

  Status add_entries(Commit* commit) {
    for (const EntryChange& change : changes_.changes()) {
      if (change.exclusive) {
        ASHLAR_TRY_ASSIGN(const EntryTurn turn, judge(change));
        if (turn == EntryTurn::kPassOver) continue;
      }
      add_change(change, commit);
    }
    return add_traits(changes_, engine_, commit);
  }

  Result<EntryTurn> judge(const EntryChange& change) {
    const EpochGuard guard;
    FoundEntry found;
    const Status status = engine_.find(change.key, nullptr, &found);
    if (!status.ok() && !status.is(StatusCode::kNotFound)) return status;
    gate_.add(change.key, status.ok() ? &found : nullptr);
    return judge_exclusive(change, status.ok() ? &found.value : nullptr);
  }

  Engine& engine_;
  const IndexSet& set_;
  const std::string_view key_;
  SeenGate gate_;
  EntryChanges changes_;
};

}  // namespace

Status write_indexed(Engine& engine, const IndexSet& set, std::string_view key,
                     const StoredValue* after, std::optional<Durability> durability) {
  return IndexedWrite(engine, set, key).write(after, durability);
}

}  // namespace ashlar
