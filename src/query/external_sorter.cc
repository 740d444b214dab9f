#include "query/external_sorter.h"

#include <algorithm>
#include <utility>

#include "base/try.h"

namespace ashlar {
namespace {

constexpr std::size_t kGrowBytes = std::size_t{1} << 20;
constexpr std::size_t kShareOfBudget = 16;

}  // namespace

ExternalSorter::ExternalSorter(Engine& engine, Options options)
    : engine_(engine), options_(options), granted_bytes_(kLeastBytes) {
  engine_.memory_budget().reserve(MemoryUse::kQuery, granted_bytes_);
}

ExternalSorter::~ExternalSorter() {
  engine_.memory_budget().release(MemoryUse::kQuery, granted_bytes_);
}

bool ExternalSorter::can_grow() {
  MemoryBudget& budget = engine_.memory_budget();
  if (granted_bytes_ + kGrowBytes > budget.total() / kShareOfBudget) return false;
  if (!budget.try_reserve(MemoryUse::kQuery, kGrowBytes)) return false;
  granted_bytes_ += kGrowBytes;
  return true;
}

Status ExternalSorter::add(SortRecord record) {
  memory_bytes_ += record.bytes();
  memory_.push_back(std::move(record));
  const bool too_many = memory_.size() / 2 >= options_.keep && memory_.size() > 1024;
  if (memory_bytes_ <= granted_bytes_ && !too_many) return {};
  if (options_.unique || options_.keep < memory_.size()) {
    sort_memory();
    if (memory_bytes_ <= (too_many ? granted_bytes_ : granted_bytes_ / 2)) return {};
  }
  return can_grow() ? Status() : spill();
}

// Drops what is not of interest.
void ExternalSorter::sort_memory() {
  std::sort(memory_.begin(), memory_.end());
  if (options_.unique) {
    const auto end =
        std::unique(memory_.begin(), memory_.end(),
                    [](const SortRecord& a, const SortRecord& b) { return a.same_place(b); });
    memory_.erase(end, memory_.end());
  }
  if (memory_.size() > options_.keep) memory_.resize(options_.keep);
  if (memory_.size() == options_.keep && !memory_.empty() &&
      may_be_kept(memory_.back().order, memory_.back().key)) {
    bound_ = {memory_.back().order, memory_.back().key, {}};
  }
  memory_bytes_ = 0;
  for (const SortRecord& record : memory_) memory_bytes_ += record.bytes();
}

Status ExternalSorter::spill() {
  sort_memory();
  ASHLAR_TRY_ASSIGN(SortRunWriter writer, new_run());
  for (const SortRecord& record : memory_) ASHLAR_TRY(writer.add(record));
  ASHLAR_TRY(add_run(&writer, 0));
  memory_.clear();
  memory_bytes_ = 0;
  while (runs_.size() >= kFanIn && runs_[runs_.size() - kFanIn].level() == runs_.back().level()) {
    ASHLAR_TRY(merge_runs(runs_.size() - kFanIn));
  }
  return {};
}

Result<SortRunWriter> ExternalSorter::new_run() const {
  if (engine_.read_only()) {
    return Status::read_only(
        "the sort does not fit into memory, and a database opened read-only takes no temporary "
        "files");
  }
  return SortRunWriter::create(engine_.env(), engine_.path());
}

Status ExternalSorter::add_run(SortRunWriter* writer, int level) {
  ASHLAR_TRY_ASSIGN(SortRun run, writer->finish(level));
  spilled_bytes_ += run.bytes();
  runs_.push_back(std::move(run));
  return {};
}

// Replaces the runs from `first` on by one of the next level.
Status ExternalSorter::merge_runs(std::size_t first) {
  const int level = runs_.back().level() + 1;
  ASHLAR_TRY(open_inputs(first, false));
  ASHLAR_TRY_ASSIGN(SortRunWriter writer, new_run());
  ASHLAR_TRY(take_least());
  while (current_ != nullptr) {
    ASHLAR_TRY(writer.add(*current_));
    ASHLAR_TRY(take_least());
  }
  inputs_.clear();
  given_ = 0;
  runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(first), runs_.end());
  return add_run(&writer, level);
}

Status ExternalSorter::finish() {
  sort_memory();
  ASHLAR_TRY(open_inputs(0, true));
  return take_least();
}

Status ExternalSorter::next() {
  return take_least();
}

// --- Merging -----------------------------------------------------------------------------------

namespace {

// std's heaps have the largest on top.
constexpr auto kIsBehind = [](const auto& a, const auto& b) { return b.record < a.record; };

}  // namespace

Status ExternalSorter::advance(Input* input, bool* ended) {
  if (input->reader != nullptr) {
    ASHLAR_TRY_ASSIGN(const bool found, input->reader->next(&input->record));
    *ended = !found;
    return {};
  }
  *ended = memory_at_ == memory_.size();
  if (!*ended) input->record = std::move(memory_[memory_at_++]);
  return {};
}

Status ExternalSorter::open_inputs(std::size_t first, bool with_memory) {
  inputs_.clear();
  memory_at_ = 0;
  for (std::size_t number = first; number < runs_.size(); ++number) {
    inputs_.push_back({std::make_unique<SortRunReader>(runs_[number]), {}});
  }
  if (with_memory) inputs_.push_back({});
  for (std::size_t at = 0; at < inputs_.size();) {
    bool ended = false;
    ASHLAR_TRY(advance(&inputs_[at], &ended));
    if (ended) {
      inputs_.erase(inputs_.begin() + static_cast<std::ptrdiff_t>(at));
    } else {
      ++at;
    }
  }
  std::make_heap(inputs_.begin(), inputs_.end(), kIsBehind);
  return {};
}

// Moves the least record of all inputs to last_.
Status ExternalSorter::take_least() {
  while (!inputs_.empty() && given_ < options_.keep) {
    std::pop_heap(inputs_.begin(), inputs_.end(), kIsBehind);
    Input& least = inputs_.back();
    const bool is_repeated = options_.unique && given_ > 0 && least.record.same_place(last_);
    if (!is_repeated) last_ = std::move(least.record);
    bool ended = false;
    ASHLAR_TRY(advance(&least, &ended));
    if (ended) {
      inputs_.pop_back();
    } else {
      std::push_heap(inputs_.begin(), inputs_.end(), kIsBehind);
    }
    if (is_repeated) continue;
    ++given_;
    current_ = &last_;
    return {};
  }
  current_ = nullptr;
  return {};
}

}  // namespace ashlar
