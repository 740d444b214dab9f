#include "version/version_set.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/try.h"
#include "version/current_file.h"
#include "version/file_names.h"

namespace ashlar {
namespace {

// A manifest that has grown beyond this is replaced by one that begins with the whole state.
constexpr uint64_t kManifestBytesBeforeRestart = 4 << 20;

std::shared_ptr<const Partition> make_partition(
    uint64_t number, const std::string& lower,
    const std::vector<std::pair<Tier, std::shared_ptr<StoredTable>>>& tables) {
  auto partition = std::make_shared<Partition>();
  partition->number = number;
  partition->lower = lower;
  // File numbers rise with time, so the newest fragment has the highest.
  for (auto it = tables.rbegin(); it != tables.rend(); ++it) {
    if (it->first == Tier::kBottom) {
      partition->bottom = it->second;
    } else {
      partition->fragments.push_back(it->second);
    }
  }
  return partition;
}

}  // namespace

VersionSet::VersionSet(Env& env, std::string folder, PageCache* cache, MemoryBudget* budget,
                       ValueCache* value_cache)
    : env_(env),
      folder_(std::move(folder)),
      cache_(cache),
      value_cache_(value_cache),
      budget_(budget) {
  auto empty = std::make_shared<Version>();
  empty->complete();
  current_ = std::move(empty);
}

std::string VersionSet::path_of(FileType type, uint64_t number) const {
  return join_path(folder_, file_name(type, number));
}

std::shared_ptr<const Version> VersionSet::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

LogBounds VersionSet::log_bounds() const {
  const std::lock_guard lock(mutex_);
  return {log_start_, log_synced_};
}

Status VersionSet::State::add(const VersionEdit& edit) {
  const auto bad = [](const char* what, uint64_t number) {
    return Status::corruption(std::string("edit ") + what + " " + std::to_string(number));
  };
  for (const uint64_t number : edit.removed_tables) {
    if (tables.erase(number) == 0) return bad("removes an unknown table,", number);
  }
  for (const uint64_t number : edit.removed_partitions) {
    if (partitions.erase(number) == 0) return bad("removes an unknown partition,", number);
  }
  for (const uint64_t number : edit.removed_value_files) {
    if (value_files.erase(number) == 0) return bad("removes an unknown value file,", number);
  }
  for (const PartitionStart& partition : edit.added_partitions) {
    if (!partitions.emplace(partition.number, partition.lower).second) {
      return bad("adds twice partition", partition.number);
    }
  }
  for (const TablePlacement& placement : edit.added_tables) {
    if (placement.tier != Tier::kRun && !partitions.contains(placement.owner)) {
      return bad("adds a table to the unknown partition", placement.owner);
    }
    if (!tables.emplace(placement.table.file_number, placement).second) {
      return bad("adds twice table", placement.table.file_number);
    }
  }
  for (const ValueFileSummary& file : edit.added_value_files) {
    if (!value_files.emplace(file.file_number, file).second) {
      return bad("adds twice value file", file.file_number);
    }
  }
  return {};
}

VersionEdit VersionSet::State::whole() const {
  VersionEdit edit;
  for (const auto& [number, lower] : partitions) edit.added_partitions.push_back({number, lower});
  for (const auto& [number, placement] : tables) edit.added_tables.push_back(placement);
  for (const auto& [number, file] : value_files) edit.added_value_files.push_back(file);
  return edit;
}

void VersionSet::note(const VersionEdit& edit) {
  const std::lock_guard lock(mutex_);
  if (edit.database_id) database_id_ = *edit.database_id;
  if (edit.next_file_number && *edit.next_file_number > next_file_number_.load()) {
    next_file_number_ = *edit.next_file_number;
  }
  if (edit.last_sequence && *edit.last_sequence > last_sequence_.load()) {
    last_sequence_ = *edit.last_sequence;
  }
  if (edit.log_start) log_start_ = std::max(log_start_, *edit.log_start);
  if (edit.log_synced) log_synced_ = std::max(log_synced_, *edit.log_synced);
}

Status VersionSet::create() {
  database_id_ = env_.random();
  return start_manifest(State{});
}

VersionEdit VersionSet::describe(const State& state) const {
  VersionEdit whole = state.whole();
  whole.database_id = database_id_;
  whole.next_file_number = next_file_number_.load();
  whole.last_sequence = last_sequence_.load();
  const LogBounds log = log_bounds();
  whole.log_start = log.start;
  whole.log_synced = log.synced;
  return whole;
}

VersionSet::Frozen VersionSet::freeze() const {
  const std::lock_guard apply_lock(apply_mutex_);
  return {current(), describe(state_)};
}

Status VersionSet::start_manifest(const State& state) {
  const uint64_t number = new_file_number();
  ASHLAR_TRY_ASSIGN(auto writer,
                    ManifestWriter::create(env_, folder_, number, describe(state)));
  ASHLAR_TRY(env_.sync_folder(folder_));
  ASHLAR_TRY(write_current(env_, folder_, number));
  const uint64_t old = std::exchange(manifest_number_, number);
  manifest_ = std::move(writer);
  if (old != 0) (void)env_.remove(path_of(FileType::kManifest, old));
  return {};
}

Status VersionSet::read_state(uint64_t manifest_number, State* state) {
  const std::string name = file_name(FileType::kManifest, manifest_number);
  auto bytes = read_file(env_, join_path(folder_, name));
  if (bytes.status().is(StatusCode::kNotFound)) {
    return Status::corruption(name + ": missing, though CURRENT names it");
  }
  if (!bytes.ok()) return bytes.status();
  return read_manifest(*bytes, manifest_number, name,
                       [&](uint64_t offset, const VersionEdit& edit) -> Status {
                         if (Status added = state->add(edit); !added.ok()) {
                           return Status::corruption(name + ": offset " + std::to_string(offset) +
                                                     ": " + std::string(added.message()));
                         }
                         note(edit);
                         return {};
                       });
}

Status VersionSet::recover(bool for_writing) {
  ASHLAR_TRY_ASSIGN(manifest_number_, read_current(env_, folder_));
  State state;
  ASHLAR_TRY(read_state(manifest_number_, &state));
  // Files that a crash left behind may have higher numbers than the manifest knows of.
  ASHLAR_TRY_ASSIGN(const auto names, env_.list(folder_));
  for (const DirectoryEntry& entry : names) {
    const auto parsed = parse_file_name(entry.name);
    if (parsed && parsed->type != FileType::kSort &&
        parsed->number >= next_file_number_.load()) {
      next_file_number_ = parsed->number + 1;
    }
  }
  Opened opened;
  ASHLAR_TRY(open_all(state, &opened));
  ASHLAR_TRY_ASSIGN(auto version, build(state, opened));
  {
    const std::lock_guard lock(mutex_);
    current_ = std::move(version);
  }
  state_ = std::move(state);
  if (!for_writing) return {};
  ASHLAR_TRY(remove_leftovers());
  // On a full disk the next edit starts it, once there is room; the old one is right until then.
  const Status started = start_manifest(state_);
  return started.is(StatusCode::kNoSpace) ? Status() : started;
}

Status VersionSet::open_all(const State& state, Opened* opened) {
  for (const auto& [number, placement] : state.tables) {
    ASHLAR_TRY_ASSIGN(auto table, open_table(placement.table, HugeBuffer()));
    opened->tables.push_back(std::move(table));
  }
  for (const auto& [number, summary] : state.value_files) {
    ASHLAR_TRY_ASSIGN(auto file, open_value_file(summary, HugeBuffer()));
    opened->value_files.push_back(std::move(file));
  }
  return {};
}

Result<std::shared_ptr<StoredTable>> VersionSet::open_table(const TableSummary& summary,
                                                            HugeBuffer image) {
  const std::string path = path_of(FileType::kTable, summary.file_number);
  auto table = Table::open(env_, path, summary, cache_, budget_, std::move(image));
  if (table.status().is(StatusCode::kNotFound)) {
    return Status::corruption(path + ": missing, though the manifest names it");
  }
  if (!table.ok()) return table.status();
  return std::make_shared<StoredTable>(env_, path, summary, *table);
}

Result<std::shared_ptr<StoredValueFile>> VersionSet::open_value_file(
    const ValueFileSummary& summary, HugeBuffer image) {
  const std::string path = path_of(FileType::kValues, summary.file_number);
  auto file = ValueFile::open(env_, path, summary, budget_, std::move(image), value_cache_);
  if (file.status().is(StatusCode::kNotFound)) {
    return Status::corruption(path + ": missing, though the manifest names it");
  }
  if (!file.ok()) return file.status();
  return std::make_shared<StoredValueFile>(env_, path, summary, *file);
}

Result<std::shared_ptr<const Version>> VersionSet::build(const State& state,
                                                         const Opened& opened) {
  std::map<uint64_t, std::shared_ptr<StoredTable>> by_number;
  for (const auto& table : opened.tables) by_number[table->summary.file_number] = table;
  auto version = std::make_shared<Version>();
  for (const auto& file : opened.value_files) {
    if (state.value_files.contains(file->summary.file_number)) {
      version->value_files[file->summary.file_number] = file;
    }
  }

  std::map<uint64_t, std::shared_ptr<Run>> runs;
  std::map<uint64_t, std::vector<std::pair<Tier, std::shared_ptr<StoredTable>>>> owned;
  for (const auto& [number, placement] : state.tables) {
    const auto& table = by_number.at(number);
    if (placement.tier == Tier::kRun) {
      auto& run = runs[placement.owner];
      if (!run) run = std::make_shared<Run>();
      run->number = placement.owner;
      run->tables.push_back(table);
    } else {
      owned[placement.owner].emplace_back(placement.tier, table);
    }
  }
  const auto by_key = [](const auto& a, const auto& b) {
    return a->summary.smallest_key < b->summary.smallest_key;
  };
  for (auto it = runs.rbegin(); it != runs.rend(); ++it) {
    std::sort(it->second->tables.begin(), it->second->tables.end(), by_key);
    version->runs.push_back(it->second);
  }
  for (const auto& [owner, tables] : owned) {
    const auto is_bottom = [](const auto& table) { return table.first == Tier::kBottom; };
    if (!state.partitions.contains(owner) ||
        std::count_if(tables.begin(), tables.end(), is_bottom) > 1) {
      return Status::corruption("manifest: partition " + std::to_string(owner) +
                                " is missing, or has two bottoms");
    }
  }
  for (const auto& [number, lower] : state.partitions) {
    version->partitions.push_back(make_partition(number, lower, owned[number]));
  }
  std::sort(version->partitions.begin(), version->partitions.end(),
            [](const auto& a, const auto& b) { return a->lower < b->lower; });
  if (!version->partitions.empty() && !version->partitions.front()->lower.empty()) {
    return Status::corruption("manifest: the first partition does not start at the first key");
  }
  version->complete();
  return std::shared_ptr<const Version>(std::move(version));
}

Status VersionSet::apply(VersionEdit edit, const Opened& opened,
                         const std::function<void(std::shared_ptr<const Version>)>& publish) {
  const std::lock_guard apply_lock(apply_mutex_);
  const std::shared_ptr<const Version> base = current();
  // A writer that failed is gone; a new manifest says what was true before the failed edit.
  if (!manifest_ || manifest_->bytes() > kManifestBytesBeforeRestart) {
    ASHLAR_TRY(start_manifest(state_));
  }

  State next = state_;
  ASHLAR_TRY(next.add(edit));
  Opened all = opened;
  for (auto& table : base->all_tables()) all.tables.push_back(std::move(table));
  for (const auto& [number, file] : base->value_files) all.value_files.push_back(file);
  ASHLAR_TRY_ASSIGN(auto version, build(next, all));

  edit.next_file_number = next_file_number_.load();
  // What fails half-way is taken back, and the next manifest says so.
  try {
    if (Status appended = manifest_->append(edit); !appended.ok()) {
      manifest_.reset();
      return appended;
    }
    set_current(version);
    publish(version);
  } catch (const std::bad_alloc&) {
    set_current(base);
    manifest_.reset();
    throw;
  }
  state_ = std::move(next);
  note(edit);
  for (const auto& table : all.tables) {
    if (!state_.tables.contains(table->summary.file_number)) table->mark_obsolete();
  }
  for (const auto& file : all.value_files) {
    if (!state_.value_files.contains(file->summary.file_number)) file->mark_obsolete();
  }
  return {};
}

void VersionSet::set_current(std::shared_ptr<const Version> version) {
  const std::lock_guard lock(mutex_);
  current_ = std::move(version);
}

Status VersionSet::remove_leftovers() {
  ASHLAR_TRY_ASSIGN(const auto names, env_.list(folder_));
  for (const DirectoryEntry& entry : names) {
    const auto parsed = parse_file_name(entry.name);
    if (!parsed) continue;
    const bool needed =
        parsed->type == FileType::kLog ||
        (parsed->type == FileType::kManifest && parsed->number == manifest_number_) ||
        (parsed->type == FileType::kTable && state_.tables.contains(parsed->number)) ||
        (parsed->type == FileType::kValues && state_.value_files.contains(parsed->number));
    if (!needed) ASHLAR_TRY(env_.remove(join_path(folder_, entry.name)));
  }
  return {};
}

}  // namespace ashlar
