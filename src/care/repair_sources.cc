#include "care/repair_sources.h"

#include <algorithm>

#include "base/hash.h"
#include "base/limits.h"
#include "base/operation.h"
#include "base/try.h"
#include "care/log_salvage.h"
#include "compaction/merging_iterator.h"
#include "version/file_names.h"

namespace ashlar {
namespace {

constexpr std::size_t kMemtableBytes = std::size_t{16} << 20;
// What a record takes besides its bytes, generously.
constexpr std::size_t kMemtableBytesPerRecord = 64;

struct KeyRange {
  std::string smallest;
  std::string largest;
  bool holds(std::string_view key) const { return key >= smallest && key <= largest; }
};

// Leaves out settled entries where a younger settled table has the say: below it nothing older can
// be in force. They have no sequence that would tell.
class SupersededFilter final : public EntryIterator {
 public:
  SupersededFilter(std::unique_ptr<EntryIterator> inner, std::vector<KeyRange> younger)
      : inner_(std::move(inner)), younger_(std::move(younger)) {}

  bool valid() const override { return inner_->valid(); }
  const EntryView& entry() const override { return inner_->entry(); }
  void seek_first() override {
    inner_->seek_first();
    skip();
  }
  void seek(std::string_view key, SequenceNumber sequence) override {
    inner_->seek(key, sequence);
    skip();
  }
  void next() override {
    inner_->next();
    skip();
  }
  void seek_last() override { inner_->seek_last(); }
  void previous() override { inner_->previous(); }
  const Status& status() const override { return inner_->status(); }

 private:
  bool superseded() const {
    const EntryView& entry = inner_->entry();
    return entry.sequence == 0 &&
           std::any_of(younger_.begin(), younger_.end(),
                       [&](const KeyRange& range) { return range.holds(entry.key); });
  }
  void skip() {
    while (inner_->valid() && superseded()) inner_->next();
  }

  const std::unique_ptr<EntryIterator> inner_;
  const std::vector<KeyRange> younger_;
};

}  // namespace

Status RepairSources::collect(const FolderSurvey& survey) {
  bool start_missing = false;
  ASHLAR_TRY(read_log(survey, &start_missing));
  // Files that the manifest does not name are leftovers, unless it may have lost their names.
  const std::vector<uint64_t> missing = survey.missing();
  const std::vector<uint64_t> unnamed = survey.unnamed();
  unplaced_ = survey.manifest != RepairReport::Manifest::kSound || start_missing ||
              (!missing.empty() && !unnamed.empty());
  for (const auto& [number, summary] : survey.named) {
    if (survey.tables.contains(number)) {
      ASHLAR_TRY(read_table(number, &summary));
    } else {
      note_lost_table(number, &summary, "the file is missing");
    }
  }
  if (unplaced_) {
    for (const uint64_t number : unnamed) ASHLAR_TRY(read_table(number, nullptr));
  } else if (!unnamed.empty()) {
    report_.notes.push_back(std::to_string(unnamed.size()) +
                            " tables that the manifest does not name were left aside");
  }
  std::sort(tables_.begin(), tables_.end(),
            [](const auto& a, const auto& b) { return a->number() > b->number(); });
  std::vector<RangeTombstone> tombstones;
  const auto take = [&](const std::vector<RangeTombstone>& own) {
    tombstones.insert(tombstones.end(), own.begin(), own.end());
  };
  for (const auto& table : tables_) take(table->range_tombstones());
  for (const auto& memtable : memtables_) take(memtable->range_tombstones().all());
  range_tombstones_ = RangeTombstones(std::move(tombstones));
  if (unplaced_) note_leftovers();
  if (survey.manifest != RepairReport::Manifest::kSound) {
    report_.notes.emplace_back(
        "tables that only the lost parts of the manifest named are not known to be missing");
  }
  compare_with_log(survey);
  std::sort(doubts_.begin(), doubts_.end(),
            [](const Doubt& a, const Doubt& b) { return a.from < b.from; });
  return {};
}

// --- Log -----------------------------------------------------------------------------------------

Status RepairSources::read_log(const FolderSurvey& survey, bool* start_missing) {
  const auto take = [this](SequenceNumber sequence, std::string_view operations) {
    return take_commit(sequence, operations);
  };
  const std::optional<uint64_t> from =
      survey.manifest == RepairReport::Manifest::kMissing ? std::nullopt : survey.log_start;
  ASHLAR_TRY_ASSIGN(const SalvagedLog log, salvage_log(env_, folder_, from, survey.log_synced,
                                                       survey.last_sequence, take));
  *start_missing = log.start_missing;
  report_.commits = log.commits;
  first_in_log_ = log.first_sequence;
  for (const LogHole& hole : log.holes) {
    note_lost_commits(hole.file, hole.reason, hole.first, hole.last, hole.offset);
  }
  return {};
}

void RepairSources::note_lost_commits(const std::string& file, std::string reason,
                                      SequenceNumber first, SequenceNumber last, uint64_t offset) {
  LostRange lost;
  lost.kind = LostRange::Kind::kCommits;
  lost.file = file;
  lost.offset = offset;
  lost.reason = std::move(reason);
  lost.to_last_key = true;
  lost.first_commit = first;
  lost.last_commit = last;
  report_.lost.push_back(std::move(lost));
}

// Without a manifest only the tables can tell whether the log lacks its beginning.
void RepairSources::compare_with_log(const FolderSurvey& survey) {
  if (survey.manifest != RepairReport::Manifest::kMissing) return;
  SequenceNumber last_in_tables = 0;
  for (const auto& table : tables_) {
    if (table->largest_sequence() == kMaximumSequence) continue;
    last_in_tables = std::max(last_in_tables, table->largest_sequence());
  }
  if (first_in_log_ == 0) {
    note_lost_commits(folder_, "the log holds none, and nothing says whether there were any", 0, 0);
  } else if (last_in_tables != 0 && first_in_log_ > last_in_tables + 1) {
    note_lost_commits(folder_, "the log begins behind them", last_in_tables + 1, first_in_log_ - 1);
  }
}

Status RepairSources::take_commit(SequenceNumber sequence, std::string_view operations) {
  struct Item {
    Operation operation;
    std::string_view bytes;
  };
  std::vector<Item> items;
  for (std::string_view rest = operations; !rest.empty();) {
    std::size_t used = 0;
    ASHLAR_TRY_ASSIGN(const Operation operation, decode_operation(rest, &used));
    items.push_back({operation, rest.substr(0, used)});
    rest.remove_prefix(used);
  }
  if (memtables_.empty() || !memtables_.back()->fits(operations.size(), items.size())) {
    const std::size_t least =
        (operations.size() + items.size() * kMemtableBytesPerRecord) * 5 / 4 + (64 << 10);
    ASHLAR_TRY_ASSIGN(auto memtable, Memtable::create(std::max(kMemtableBytes, least), 0, &memory_));
    memtables_.push_back(std::move(memtable));
  }
  Memtable& memtable = *memtables_.back();
  for (const Item& item : items) {
    const bool has_key = item.operation.kind != EntryKind::kDeleteRange;
    memtable.add(sequence, item.bytes, item.operation, has_key ? hash_key(item.operation.key) : 0);
  }
  memtable.end_commit();
  return {};
}

// --- Tables --------------------------------------------------------------------------------------

Status RepairSources::read_table(uint64_t number, const TableSummary* summary) {
  const std::string path = join_path(folder_, file_name(FileType::kTable, number));
  auto opened = TableSalvage::open(env_, path, number, summary);
  if (opened.status().is(StatusCode::kUnsupported)) return opened.status();
  if (!opened.ok()) {
    note_lost_table(number, summary, std::string(opened.status().message()));
    return {};
  }
  note_lost_pages(**opened, summary);
  if ((*opened)->range_tombstones_lost()) note_lost_deletions(**opened, summary);
  ++report_.tables;
  tables_.push_back(std::move(*opened));
  return {};
}

void RepairSources::note_lost_table(uint64_t number, const TableSummary* summary,
                                    const std::string& reason) {
  LostRange lost;
  lost.file = join_path(folder_, file_name(FileType::kTable, number));
  lost.reason = reason;
  lost.to_last_key = summary == nullptr || summary->unbounded;
  if (summary != nullptr) {
    lost.from = summary->smallest_key;
    if (!lost.to_last_key) lost.to = summary->largest_key;
  }
  add_lost(std::move(lost), false,
           summary != nullptr ? summary->largest_sequence : kMaximumSequence);
}

void RepairSources::note_lost_pages(const TableSalvage& table, const TableSummary* summary) {
  for (const LostPages& pages : table.lost()) {
    LostRange lost;
    lost.file = table.path();
    lost.offset = pages.offset;
    lost.reason =
        std::to_string(pages.pages) + (pages.pages == 1 ? " page" : " pages") + " can't be read";
    if (pages.before) {
      lost.from = *pages.before;
    } else if (summary != nullptr) {
      lost.from = summary->smallest_key;
    }
    if (pages.behind) {
      lost.to = *pages.behind;
    } else if (summary != nullptr) {
      lost.to = summary->largest_key;
    } else {
      lost.to_last_key = true;
    }
    // Of the key before the pages the newest version is there.
    add_lost(std::move(lost), pages.before.has_value(), table.largest_sequence());
  }
}

void RepairSources::note_lost_deletions(const TableSalvage& table, const TableSummary* summary) {
  LostRange lost;
  lost.kind = LostRange::Kind::kDeletions;
  lost.file = table.path();
  lost.reason = "range tombstones can't be read";
  lost.to_last_key = summary == nullptr || summary->unbounded;
  if (summary != nullptr) {
    lost.from = summary->smallest_key;
    if (!lost.to_last_key) lost.to = summary->largest_key;
  }
  add_lost(std::move(lost), false, table.largest_sequence());
}

void RepairSources::add_lost(LostRange lost, bool behind_from, SequenceNumber hidden) {
  doubts_.push_back(
      {lost.from, behind_from, lost.to, lost.to_last_key, hidden, report_.lost.size()});
  report_.lost.push_back(std::move(lost));
}

// A settled table is newer than what was merged into it, though its entries say no more when they
// were written. Flushed tables go away with the merge, unless it was cut short just then.
void RepairSources::note_leftovers() {
  for (const auto& settled : tables_) {
    if (!settled->settled()) continue;
    for (const auto& other : tables_) {
      const bool overlaps = other->entry_count() > 0 &&
                            other->smallest_key() <= settled->largest_key() &&
                            other->largest_key() >= settled->smallest_key();
      if (other->number() >= settled->number() || other->settled() || !overlaps) continue;
      report_.notes.push_back(other->path() + " may have been merged into " + settled->path() +
                              " already: older values of their common keys may have come back");
    }
  }
}

Result<std::unique_ptr<EntryIterator>> RepairSources::new_iterator() const {
  std::vector<std::unique_ptr<EntryIterator>> children;
  for (auto it = memtables_.rbegin(); it != memtables_.rend(); ++it) {
    children.push_back((*it)->new_iterator());
  }
  std::vector<KeyRange> younger;
  for (const auto& table : tables_) {
    ASHLAR_TRY_ASSIGN(auto iterator, table->new_iterator());
    if (unplaced_ && !younger.empty()) {
      iterator = std::make_unique<SupersededFilter>(std::move(iterator), younger);
    }
    children.push_back(std::move(iterator));
    if (table->settled()) younger.push_back({table->smallest_key(), table->largest_key()});
  }
  return std::unique_ptr<EntryIterator>(std::make_unique<MergingIterator>(std::move(children)));
}

}  // namespace ashlar
