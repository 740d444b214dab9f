// Point reads, cursors and snapshots.
#include <algorithm>
#include <utility>

#include "ashlar/snapshot.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/recycled.h"
#include "base/try.h"
#include "db/engine.h"
#include "db/value_reader.h"

namespace ashlar {
namespace {

SequenceNumber covering_tombstone(const ReadView& view, std::string_view key,
                                  SequenceNumber visible) {
  SequenceNumber newest = 0;
  const auto consider = [&](const RangeTombstones& tombstones) {
    if (!tombstones.empty()) newest = std::max(newest, tombstones.covering(key, visible));
  };
  consider(view.active->range_tombstones());
  for (const auto& memtable : view.immutables) consider(memtable->range_tombstones());
  consider(view.version->range_tombstones());
  return newest;
}

}  // namespace

Engine::ReadPoint Engine::read_point(const Snapshot* snapshot) const {
  while (true) {
    // [ENG-3] The view is loaded before the sequence, so that no merge can have dropped what the
    // sequence sees; and again after it, so that it has the value files of everything visible.
    const ReadView* const view = view_.load(std::memory_order_acquire);
    const SequenceNumber visible =
        snapshot != nullptr ? snapshot->sequence() : visible_.load(std::memory_order_acquire);
    if (view == view_.load(std::memory_order_acquire)) return {view, visible};
  }
}

Status Engine::find(std::string_view key, const Snapshot* snapshot, FoundEntry* found,
                    uint64_t now_ms) const {
  const ReadPoint point = read_point(snapshot);
  return find_in(*point.view, key, point.visible, found, now_ms);
}

Status Engine::find_in(const ReadView& view, std::string_view key, SequenceNumber visible,
                       FoundEntry* found, uint64_t now_ms) const {
  const uint64_t hash = hash_key(key);
  EntryView entry;
  bool present = view.active->get(key, hash, visible, &entry);
  for (auto it = view.immutables.begin(); !present && it != view.immutables.end(); ++it) {
    present = (*it)->get(key, hash, visible, &entry);
  }
  if (!present) {
    ASHLAR_TRY_ASSIGN(present, view.version->get(key, hash, visible, &found->lookup));
    if (present) entry = found->lookup.entry;
  }
  if (!present || entry.kind != EntryKind::kSet) return Status::no_such_key();
  if (entry.expires_at_ms != 0 && !entry.is_live(now_ms != 0 ? now_ms : clock_.now_ms())) {
    return Status::no_such_key();
  }
  if (covering_tombstone(view, key, visible) > entry.sequence) return Status::no_such_key();
  found->sequence = entry.sequence;
  found->expires_at_ms = entry.expires_at_ms;
  if (!entry.value_is_pointer) {
    found->value = entry.value;
    return {};
  }
  ASHLAR_TRY_ASSIGN(found->value,
                    view_pointed_value(*view.version, key, entry.value, &found->buffer));
  return {};
}

Result<PinnedValue> Engine::find_pinned(std::string_view key, const Snapshot* snapshot) const {
  const EpochGuard guard;
  const ReadPoint point = read_point(snapshot);
  // Keeps memtables and images in memory.
  struct Pin {
    std::shared_ptr<const ReadView> view;
    FoundEntry found;
  };
  auto pin = std::make_shared<Pin>();
  ASHLAR_TRY(find_in(*point.view, key, point.visible, &pin->found, 0));
  pin->view = point.view->shared_from_this();
  const std::string_view value = pin->found.value;
  return PinnedValue(value, std::move(pin));
}

std::unique_ptr<UserCursor> Engine::new_cursor(const CursorBoundsView& bounds,
                                               const Snapshot* snapshot, uint64_t now_ms) const {
  const EpochGuard guard;
  const ReadPoint point = read_point(snapshot);
  return std::make_unique<UserCursor>(point.view->shared_from_this(), point.visible,
                                      now_ms != 0 ? now_ms : clock_.now_ms(), bounds,
                                      scan_listener_);
}

// The registration that ends with the Snapshot.
class Snapshot::Pin {
 public:
  Pin(std::shared_ptr<SnapshotRegistry> registry, const Engine& engine)
      : registry_(std::move(registry)) {
    engine.hold_newest(UINT64_MAX, &hold_);
  }
  ~Pin() { registry_->release(&hold_); }
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;

  SequenceNumber sequence() const { return hold_.sequence; }

 private:
  const std::shared_ptr<SnapshotRegistry> registry_;
  SnapshotRegistry::Hold hold_;
};

Snapshot::Snapshot(uint64_t sequence, std::shared_ptr<Pin> pin)
    : sequence_(sequence), pin_(std::move(pin)) {}
Snapshot::~Snapshot() = default;

Snapshot Engine::take_snapshot() const {
  auto pin =
      std::allocate_shared<Snapshot::Pin>(RecyclingAllocator<Snapshot::Pin>(), snapshots_, *this);
  const SequenceNumber sequence = pin->sequence();
  return Snapshot(sequence, std::move(pin));
}

void Engine::hold_newest(uint64_t lifetime_ns, SnapshotRegistry::Hold* hold) const {
  // Where nothing ends by it, a tick is exact enough.
  const bool ends = lifetime_ns != UINT64_MAX;
  const uint64_t now_ns = ends ? env_.monotonic_ns() : env_.last_monotonic_tick_ns();
  hold->ends_ns = ends ? now_ns + lifetime_ns : UINT64_MAX;
  snapshots_->take(hold, now_ns, clock_.now_ms(),
                   [this] { return visible_.load(std::memory_order_acquire); });
}

}  // namespace ashlar
