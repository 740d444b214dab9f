#include "env/sim_crash.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace ashlar {
namespace {

using Kind = SimOperationKind;

bool is_data(Kind kind) {
  return kind == Kind::kWrite || kind == Kind::kMappedWrite || kind == Kind::kAllocate ||
         kind == Kind::kTruncate;
}

void change_data(SimDisk* disk, const SimOperation& operation) {
  if (!disk->has(operation.file)) return;  // lost its last name while it was open
  if (operation.kind == Kind::kAllocate) {
    disk->allocate(operation.file, operation.offset);
  } else if (operation.kind == Kind::kTruncate) {
    disk->truncate(operation.file, operation.offset);
  } else {
    disk->write(operation.file, operation.offset, operation.bytes);
  }
}

void change_name(SimDisk* disk, const SimOperation& operation) {
  const auto assign = [&](const SimName& name, SimFileId file) {
    if (name.folder != kNoSimFile && disk->has(name.folder)) disk->assign(name, file);
  };
  assign(operation.from, kNoSimFile);
  assign(operation.to, operation.file);
}

bool creates(Kind kind) {
  return kind == Kind::kCreate || kind == Kind::kCreateFolder;
}

bool keeps_sector(const Fate& fate, uint64_t sector) {
  switch (fate.kind) {
    case Fate::Kind::kPrefix:
      return sector * kSimSectorBytes < fate.at;
    case Fate::Kind::kSuffix:
      return sector * kSimSectorBytes >= fate.at;
    case Fate::Kind::kScattered:
      return SimRandom(fate.at ^ (sector * 0x9e3779b97f4a7c15u)).one_in(2);
    default:
      return false;
  }
}

void grow(SimDisk* disk, SimFileId file, uint64_t bytes) {
  if (disk->size(file) < bytes) disk->truncate(file, bytes);
}

}  // namespace

SimCrash::SimCrash(SimDisk disk, SimHistory history)
    : durable_(std::move(disk)), live_(durable_.clone()), history_(std::move(history)) {}

SimCrash SimCrash::clone() {
  SimCrash copy;
  copy.durable_ = durable_.clone();
  copy.live_ = live_.clone();
  copy.history_ = history_;
  copy.position_ = position_;
  copy.data_ = data_;
  copy.names_ = names_;
  return copy;
}

void SimCrash::advance_to(std::size_t position) {
  ASHLAR_CHECK(position >= position_ && position <= history_.size());
  if (position == position_) return;
  planned_ = false;
  while (position_ < position) apply(position_++);
}

void SimCrash::rebase(SimHistory history) {
  ASHLAR_CHECK(position_ == history_.size());
  for (auto& [file, changes] : data_) {
    for (Change& change : changes) change.index = kBeforeHistory;
  }
  for (Change& change : names_) change.index = kBeforeHistory;
  history_ = std::move(history);
  position_ = 0;
  planned_ = false;
}

void SimCrash::apply(std::size_t index) {
  const SimOperation& operation = *history_[index];
  if (is_data(operation.kind)) {
    apply_data(index);
  } else if (operation.kind == Kind::kSync) {
    sync_file(operation);
  } else if (operation.kind == Kind::kSyncFolder) {
    sync_folder(operation);
  } else {
    apply_name(index);
  }
}

void SimCrash::apply_data(std::size_t index) {
  const SimOperation& operation = *history_[index];
  change_data(&live_, operation);
  State state = operation.durable ? State::kDurable : State::kPending;
  if (operation.failed) state = State::kDoomed;
  data_[operation.file].push_back({history_[index], index, state, {}});
  settle_file(operation.file);
}

void SimCrash::apply_name(std::size_t index) {
  const SimOperation& operation = *history_[index];
  if (creates(operation.kind)) {
    const bool is_folder = operation.kind == Kind::kCreateFolder;
    live_.add(operation.file, is_folder);
    durable_.add(operation.file, is_folder);
  }
  change_name(&live_, operation);
  if (operation.from.folder != kNoSimFile) live_.drop_unreachable();
  Change change{history_[index], index, State::kPending, {}};
  for (const SimName* name : {&operation.from, &operation.to}) {
    if (name->folder != kNoSimFile) change.unsynced_folders.push_back(name->folder);
  }
  names_.push_back(std::move(change));
}

void SimCrash::sync_file(const SimOperation& operation) {
  const auto found = data_.find(operation.file);
  if (found == data_.end()) return;
  for (Change& change : found->second) {
    if (change.state != State::kPending) continue;
    change.state = operation.failed ? State::kDoomed : State::kDurable;
  }
  settle_file(operation.file);
}

void SimCrash::sync_folder(const SimOperation& operation) {
  for (Change& change : names_) {
    if (change.state != State::kPending) continue;
    if (std::erase(change.unsynced_folders, operation.file) == 0) continue;
    if (operation.failed) {
      change.state = State::kDoomed;
    } else if (change.unsynced_folders.empty()) {
      change.state = State::kDurable;
    }
  }
  settle_names();
}

void SimCrash::settle_file(SimFileId file) {
  const auto found = data_.find(file);
  std::deque<Change>& changes = found->second;
  while (!changes.empty() && changes.front().state == State::kDurable) {
    change_data(&durable_, *changes.front().operation);
    changes.pop_front();
  }
  if (changes.empty()) data_.erase(found);
}

void SimCrash::settle_names() {
  while (!names_.empty() && names_.front().state == State::kDurable) {
    change_name(&durable_, *names_.front().operation);
    names_.pop_front();
  }
  if (!names_.empty()) return;
  durable_.drop_unreachable();
  std::erase_if(data_, [&](const auto& changes) { return !durable_.has(changes.first); });
}

SimDisk SimCrash::killed(std::size_t bytes_of_next) {
  SimDisk disk = live_.clone();
  if (bytes_of_next > 0 && position_ < history_.size()) {
    const SimOperation& next = *history_[position_];
    if ((next.kind == Kind::kWrite || next.kind == Kind::kMappedWrite) && disk.has(next.file)) {
      disk.write(next.file, next.offset, std::string_view(next.bytes).substr(0, bytes_of_next));
    }
  }
  disk.drop_unreachable();
  return disk;
}

const std::vector<PendingChange>& SimCrash::pending() {
  if (!planned_) plan();
  return pending_;
}

void SimCrash::plan() {
  pending_.clear();
  pieces_.clear();
  page_decisions_.clear();
  for (const auto& [file, changes] : data_) {
    for (const Change& change : changes) plan_data(change);
  }
  for (const Change& change : names_) {
    pieces_.push_back({.operation = change.operation.get(), .index = change.index});
    if (change.state != State::kDurable) add_decision(PendingChange::Kind::kName, change, 0, 0);
  }
  if (position_ < history_.size()) {
    const auto& next = history_[position_];
    if (next->kind == Kind::kWrite && next->durable) {
      plan_data({next, position_, State::kPending, {}});
    }
  }
  planned_ = true;
}

// The decision that the last piece hangs on.
void SimCrash::add_decision(PendingChange::Kind kind, const Change& change, uint64_t offset,
                            uint64_t bytes) {
  pieces_.back().decision = pending_.size();
  pending_.push_back({.kind = kind,
                      .operation = change.index,
                      .file = change.operation->file,
                      .offset = offset,
                      .bytes = bytes,
                      .path = change.operation->path});
}

void SimCrash::plan_data(const Change& change) {
  const SimOperation& operation = *change.operation;
  if (operation.kind == Kind::kMappedWrite && change.state != State::kDurable) {
    plan_mapped(change);
    return;
  }
  pieces_.push_back({.operation = &operation,
                     .index = change.index,
                     .offset = operation.offset,
                     .bytes = operation.bytes});
  if (change.state == State::kDurable) return;
  if (operation.kind == Kind::kWrite) {
    add_decision(PendingChange::Kind::kWrite, change, operation.offset, operation.bytes.size());
  } else {
    add_decision(PendingChange::Kind::kLength, change, operation.offset, 0);
  }
}

void SimCrash::plan_mapped(const Change& change) {
  const SimOperation& operation = *change.operation;
  std::string_view rest = operation.bytes;
  uint64_t offset = operation.offset;
  while (!rest.empty()) {
    const uint64_t page = offset / kSimPageBytes;
    const uint64_t count = std::min<uint64_t>(rest.size(), (page + 1) * kSimPageBytes - offset);
    pieces_.push_back({.operation = &operation,
                       .index = change.index,
                       .offset = offset,
                       .bytes = rest.substr(0, count)});
    const auto [found, is_new] = page_decisions_.try_emplace({operation.file, page}, 0);
    if (is_new) {
      add_decision(PendingChange::Kind::kMappedPage, change, page * kSimPageBytes, kSimPageBytes);
      found->second = pieces_.back().decision;
    } else {
      pieces_.back().decision = found->second;
      pieces_.back().version = pending_[found->second].versions++;
    }
    rest.remove_prefix(count);
    offset += count;
  }
}

SimDisk SimCrash::image(const std::vector<Fate>& fates) {
  ASHLAR_CHECK(fates.size() == pending().size());
  static constexpr Fate kDurable{.kind = Fate::Kind::kWhole};
  SimDisk disk = durable_.clone();
  for (const Piece& piece : pieces_) {
    apply_piece(&disk, piece, piece.decision == SIZE_MAX ? kDurable : fates[piece.decision]);
  }
  disk.drop_unreachable();
  return disk;
}

void SimCrash::apply_piece(SimDisk* disk, const Piece& piece, const Fate& fate) const {
  const SimOperation& operation = *piece.operation;
  const bool written = operation.kind == Kind::kWrite || operation.kind == Kind::kMappedWrite;
  if (!written) {
    if (fate.kind == Fate::Kind::kAbsent) return;
    is_data(operation.kind) ? change_data(disk, operation) : change_name(disk, operation);
    return;
  }
  if (!disk->has(operation.file)) return;
  switch (fate.kind) {
    case Fate::Kind::kAbsent:
      break;
    case Fate::Kind::kWhole:
      disk->write(operation.file, piece.offset, piece.bytes);
      break;
    case Fate::Kind::kVersion:
      if (piece.version < fate.at) disk->write(operation.file, piece.offset, piece.bytes);
      break;
    case Fate::Kind::kOldBytes:
      grow_with_old_bytes(disk, piece);
      break;
    default:
      tear(disk, piece, fate);
  }
  if (fate.grown) grow(disk, operation.file, piece.offset + piece.bytes.size());
}

void SimCrash::tear(SimDisk* disk, const Piece& piece, const Fate& fate) const {
  const uint64_t end = piece.offset + piece.bytes.size();
  for (uint64_t at = piece.offset; at < end;) {
    const uint64_t sector = at / kSimSectorBytes;
    const uint64_t next = std::min(end, (sector + 1) * kSimSectorBytes);
    if (keeps_sector(fate, sector)) {
      disk->write(piece.operation->file, at, piece.bytes.substr(at - piece.offset, next - at));
    }
    at = next;
  }
}

// The bytes are those of the last write before it, wherever that went: well-formed, but not here.
void SimCrash::grow_with_old_bytes(SimDisk* disk, const Piece& piece) const {
  const SimFileId file = piece.operation->file;
  const uint64_t end = piece.offset + piece.bytes.size();
  const uint64_t begin = std::max(disk->size(file), piece.offset);
  if (begin >= end) return;
  std::string_view old = "\xa5";
  std::size_t index = piece.index == kBeforeHistory ? 0 : piece.index;
  while (index-- > 0) {
    if (history_[index]->bytes.empty()) continue;
    old = history_[index]->bytes;
    break;
  }
  std::string bytes;
  while (bytes.size() < end - begin) bytes.append(old.substr(0, end - begin - bytes.size()));
  disk->write(file, begin, bytes);
}

std::vector<Fate> SimCrash::fates_of(const PendingChange& change, uint64_t border_bytes) {
  ASHLAR_CHECK(border_bytes > 0 && border_bytes % kSimSectorBytes == 0);
  std::vector<Fate> fates{{.kind = Fate::Kind::kAbsent}, {.kind = Fate::Kind::kWhole}};
  if (change.kind == PendingChange::Kind::kName || change.kind == PendingChange::Kind::kLength) {
    return fates;
  }
  if (change.kind == PendingChange::Kind::kWrite) {
    fates.push_back({.kind = Fate::Kind::kAbsent, .grown = true});
    fates.push_back({.kind = Fate::Kind::kOldBytes});
  }
  for (uint64_t count = 1; count < change.versions; ++count) {
    fates.push_back({.kind = Fate::Kind::kVersion, .at = count});
  }
  const uint64_t end = change.offset + change.bytes;
  for (uint64_t at = (change.offset / border_bytes + 1) * border_bytes; at < end;
       at += border_bytes) {
    fates.push_back({.kind = Fate::Kind::kPrefix, .at = at});
    fates.push_back({.kind = Fate::Kind::kSuffix, .at = at});
  }
  return fates;
}

Fate SimCrash::random_fate(const PendingChange& change, SimRandom* random) const {
  using FateKind = Fate::Kind;
  const bool torn =
      change.kind == PendingChange::Kind::kWrite || change.kind == PendingChange::Kind::kMappedPage;
  if (!torn || random->one_in(2)) {
    return {.kind = random->one_in(2) ? FateKind::kAbsent : FateKind::kWhole};
  }
  const bool grown = change.kind == PendingChange::Kind::kWrite && random->one_in(2);
  const uint64_t sectors = (change.bytes + kSimSectorBytes - 1) / kSimSectorBytes;
  const uint64_t first = change.offset / kSimSectorBytes;
  const uint64_t border = (first + 1 + random->below(sectors + 1)) * kSimSectorBytes;
  switch (random->below(5)) {
    case 0:
      return {.kind = FateKind::kPrefix, .at = border, .grown = grown};
    case 1:
      return {.kind = FateKind::kSuffix, .at = border, .grown = grown};
    case 2:
      return {.kind = FateKind::kScattered, .at = random->next(), .grown = grown};
    case 3:
      if (change.kind == PendingChange::Kind::kWrite) return {.kind = FateKind::kOldBytes};
      return {.kind = FateKind::kVersion, .at = random->below(change.versions + 1)};
    default:
      return {.kind = FateKind::kAbsent, .grown = grown};
  }
}

std::vector<Fate> SimCrash::random_fates(SimRandom* random) {
  enum : unsigned char { kOneAlone, kAllButOne, kInOrder, kAny, kModes };
  const auto mode = random->below(kModes);
  const std::size_t count = pending().size();
  if (count == 0) return {};
  const std::size_t special = random->below(count);
  // The order of the operations is the order of the decisions only within a file.
  const std::size_t border = pending_[special].operation + 1;  // kBeforeHistory becomes 0
  std::vector<Fate> fates(count);
  for (std::size_t i = 0; i < count; ++i) {
    const bool earlier = pending_[i].operation + 1 < border;
    if (mode == kAny || i == special) {
      fates[i] = random_fate(pending_[i], random);
    } else if (mode == kAllButOne || (mode == kInOrder && earlier)) {
      fates[i] = {.kind = Fate::Kind::kWhole};
    }
  }
  return fates;
}

}  // namespace ashlar
