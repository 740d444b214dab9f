#include "index/indexed_batch.h"

#include <algorithm>

#include "base/epoch.h"
#include "base/try.h"
#include "index/unchanged_gate.h"

namespace ashlar {

IndexedBatch::IndexedBatch(Engine& engine, const IndexSet& set)
    : engine_(engine), set_(set), snapshot_(engine.take_snapshot()), commit_(*reused_) {
  commit_.set_rules(set.rules());
}

IndexedBatch::~IndexedBatch() {
  if (!written_) engine_.abandon(commit_);
}

Status IndexedBatch::add(std::string_view key, const StoredValue* after) {
  if (set_.covers(key)) {
    const EpochGuard guard;
    FoundEntry found;
    const Status status = engine_.find(key, &snapshot_, &found);
    if (!status.ok() && !status.is(StatusCode::kNotFound)) return status;
    const StoredValue before{found.value, found.expires_at_ms};
    ASHLAR_TRY(set_.upkeep().collect(key, status.ok() ? &before : nullptr, after, &changes_));
  }
  if (after != nullptr) return engine_.add_set(key, after->text, after->expires_at_ms, &commit_);
  commit_.del(key);
  return {};
}

bool IndexedBatch::changes_unique_entries() const {
  return std::any_of(changes_.changes().begin(), changes_.changes().end(),
                     [](const EntryChange& change) { return change.exclusive; });
}

Status IndexedBatch::write(std::optional<Durability> durability) {
  for (const EntryChange& change : changes_.changes()) add_change(change, &commit_);
  ASHLAR_TRY(add_traits(changes_, engine_, &commit_));
  UnchangedGate gate(snapshot_.sequence());
  written_ = true;
  return engine_.write_through(&gate, &commit_, durability);
}

}  // namespace ashlar
