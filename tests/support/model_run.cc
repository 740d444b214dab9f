#include "support/model_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "support/recipe.h"

namespace ashlar {
namespace {

constexpr std::size_t kMostSnapshots = 4;
constexpr std::size_t kMostRanges = 4;
// An eighth of the smallest memory budget is what one commit may take.
constexpr std::size_t kMostBatchBytes = Options::kMinimumMemoryBudget / 8 - 400'000;

std::chrono::system_clock::time_point time_point(uint64_t ms) {
  return std::chrono::system_clock::time_point(std::chrono::milliseconds(ms));
}

}  // namespace

ModelRun::ModelRun(ModelWorld world, uint64_t seed)
    : world_(std::move(world)), seed_(seed), random_(seed) {
  shape_ = static_cast<KeyShape>(random_.below(kKeyShapeCount));
  largest_value_ = random_.one_in(3) ? 100 : 100'000;
  options_.memory_budget = Options::kMinimumMemoryBudget << random_.below(3);
  options_.compression = static_cast<Compression>(random_.below(4));
  options_.durability = random_.one_in(8) ? Durability::kDisk : Durability::kProcess;
  options_.env = world_.env;
  open();
}

ModelRun::~ModelRun() {
  drop_moments();
}

void ModelRun::run(uint64_t operations) {
  for (uint64_t i = 0; i < operations && !failed_; ++i) {
    ++operation_;
    step();
  }
  call_ = "last check";
  if (!failed_) verify_everything();
  if (!failed_) reopen(false);
  if (!failed_) verify_everything();
}

void ModelRun::step() {
  struct Choice {
    unsigned weight;
    const char* name;
    std::function<void(ModelRun&)> act;
  };
  static const std::vector<Choice> kChoices = {
      {30'000, "set", &ModelRun::set},
      {9'000, "del", &ModelRun::del},
      {300, "del_range", &ModelRun::del_range},
      {4'000, "write", &ModelRun::write_batch},
      {3'000, "increment", &ModelRun::increment},
      {3'000, "compare_and_set", &ModelRun::compare_and_set},
      {1'500, "expire", &ModelRun::expire},
      {1'500, "persist", &ModelRun::persist},
      {2'000, "ttl", &ModelRun::ttl},
      {30'000, "get", &ModelRun::get},
      {5'000, "exists", &ModelRun::exists},
      {40, "count", &ModelRun::count},
      {3'000, "range", &ModelRun::read_range},
      {1'000, "keys", &ModelRun::read_keys},
      {200, "snapshot", &ModelRun::hold_snapshot},
      {150, "open range", &ModelRun::open_range},
      {1'500, "advance range", &ModelRun::advance_range},
      {20, "flush", &ModelRun::flush},
      {4, "compact", &ModelRun::compact},
      {10, "reopen", [](ModelRun& run) { run.reopen(false); }},
      {10, "reopen after a kill", [](ModelRun& run) { run.reopen(true); }},
      {2, "whole check", &ModelRun::verify_everything},
  };
  static const unsigned kSum = [] {
    unsigned sum = 0;
    for (const Choice& choice : kChoices) sum += choice.weight;
    return sum;
  }();
  if (world_.advance_ms && random_.one_in(50)) world_.advance_ms(random_.below(200));
  uint64_t at = random_.below(kSum);
  for (const Choice& choice : kChoices) {
    if (at < choice.weight) {
      call_ = choice.name;
      return choice.act(*this);
    }
    at -= choice.weight;
  }
}

// --- Writes --------------------------------------------------------------------------------------

void ModelRun::set() {
  const std::string k = key();
  const ModelValue v = value();
  WriteOptions options = write_options();
  options.ttl = random_ttl();
  const uint64_t start = world_.now_ms();
  if (!expect_ok(database_->set(k, make(v), options), "set")) return;
  const TimeSpan span = since(start);
  model_.begin_commit();
  const auto ttl = static_cast<uint64_t>(options.ttl.count());
  model_.set(k, v,
             ttl == 0 ? Model::kNever : TimeSpan{span.first_ms + ttl, span.last_ms + ttl + 1});
}

void ModelRun::del() {
  const std::string k = key();
  if (!expect_ok(database_->del(k, write_options()), "del")) return;
  model_.begin_commit();
  model_.del(k);
}

void ModelRun::del_range() {
  std::string from = boundary();
  std::string to = boundary();
  if (random_.one_in(20)) to.clear();
  if (!to.empty() && to < from) std::swap(from, to);
  if (!expect_ok(database_->del_range(from, to, write_options()), "del_range")) return;
  model_.begin_commit();
  model_.del_range(from, to);
}

void ModelRun::write_batch() {
  Batch batch;
  std::vector<std::function<void(const TimeSpan&)>> effects;
  std::size_t bytes = 0;
  for (uint64_t left = random_.one_in(10) ? random_.between(20, 200) : random_.between(1, 6);
       left > 0 && bytes < kMostBatchBytes; --left) {
    const std::string k = key();
    bytes += k.size() + largest_value_;
    if (random_.one_in(30)) {
      std::string to = boundary();
      if (to < k) to = k;
      batch.del_range(k, to);
      effects.push_back([this, k, to](const TimeSpan&) { model_.del_range(k, to); });
    } else if (random_.one_in(5)) {
      batch.del(k);
      effects.push_back([this, k](const TimeSpan&) { model_.del(k); });
    } else {
      const ModelValue v = value();
      const auto ttl = random_ttl();
      batch.set(k, make(v), ttl);
      effects.push_back([this, k, v,
                         ttl = static_cast<uint64_t>(ttl.count())](const TimeSpan& span) {
        model_.set(
            k, v, ttl == 0 ? Model::kNever : TimeSpan{span.first_ms + ttl, span.last_ms + ttl + 1});
      });
    }
  }
  const uint64_t start = world_.now_ms();
  if (!expect_ok(database_->write(batch, write_options()), "write")) return;
  model_.begin_commit();
  for (const auto& effect : effects) effect(since(start));
}

void ModelRun::increment() {
  const std::string k = key();
  const auto delta = static_cast<int64_t>(random_.below(2001)) - 1000;
  const uint64_t start = world_.now_ms();
  const auto sum = database_->increment(k, delta, write_options());
  const TimeSpan span = since(start);
  const Model::Version* old = model_.find(k, model_.moment());
  const Liveness live = old == nullptr ? Liveness::kDead : old->liveness(span);
  const std::string* number =
      live == Liveness::kDead ? nullptr : std::get_if<std::string>(&old->value);

  const bool from_zero = sum.ok() && *sum == delta && live != Liveness::kLive;
  if (from_zero) {
    model_.begin_commit();
    model_.set(k, std::to_string(delta));
    return;
  }
  if (live == Liveness::kDead) {
    return fail("increment of a missing key gave " +
                (sum.ok() ? std::to_string(*sum) : sum.status().to_string()));
  }
  if (number == nullptr) {
    if (!sum.status().is(StatusCode::kInvalidArgument)) fail("increment of what is no number");
    return;
  }
  if (!sum.ok()) return fail(sum.status().to_string());
  const int64_t expected = std::stoll(*number) + delta;
  if (*sum != expected) {
    return fail("increment gave " + std::to_string(*sum) + ", not " + std::to_string(expected));
  }
  const TimeSpan expires = old->expires;
  model_.begin_commit();
  model_.set(k, std::to_string(expected), expires);
}

void ModelRun::compare_and_set() {
  const std::string k = key();
  const Model::Version* old = model_.find(k, model_.moment());
  std::optional<std::string> expected;
  if (old != nullptr && old->present && !random_.one_in(4)) expected = make(old->value);
  if (random_.one_in(8)) expected = "something else";
  std::optional<ModelValue> desired;
  if (!random_.one_in(4)) desired = value();
  const std::optional<std::string> desired_bytes =
      desired ? std::optional(make(*desired)) : std::nullopt;

  const uint64_t start = world_.now_ms();
  const auto done = database_->compare_and_set(k, expected, desired_bytes, write_options());
  if (!done.ok()) return fail(done.status().to_string());
  const TimeSpan span = since(start);
  const Liveness live = old == nullptr ? Liveness::kDead : old->liveness(span);
  const bool if_live = live != Liveness::kDead && expected == make(old->value);
  const bool if_dead = !expected.has_value();
  const bool possible = (live != Liveness::kDead && *done == if_live) ||
                        (live != Liveness::kLive && *done == if_dead);
  if (!possible) return fail("compare_and_set of " + abbreviate(k) + " gave the wrong answer");
  if (!*done) return;
  model_.begin_commit();
  if (desired)
    model_.set(k, *desired);
  else
    model_.del(k);
}

void ModelRun::expire() {
  const std::string k = key();
  const uint64_t start = world_.now_ms();
  const uint64_t at = random_.one_in(6) ? start - random_.below(1000)
                                        : start + static_cast<uint64_t>(random_ttl().count());
  const Status status = database_->expire(k, time_point(at), write_options());
  const TimeSpan span = since(start);
  const Model::Version* old = model_.find(k, model_.moment());
  const Liveness live = old == nullptr ? Liveness::kDead : old->liveness(span);
  if (status.is(StatusCode::kNotFound)) {
    if (live == Liveness::kLive) fail("expire did not find " + abbreviate(k));
    return;
  }
  if (!expect_ok(status, "expire")) return;
  if (live == Liveness::kDead) return fail("expire found the dead key " + abbreviate(k));
  const ModelValue kept = old->value;
  model_.begin_commit();
  model_.set(k, kept, TimeSpan{at, at + 1});
}

void ModelRun::persist() {
  const std::string k = key();
  const uint64_t start = world_.now_ms();
  const Status status = database_->persist(k, write_options());
  const TimeSpan span = since(start);
  const Model::Version* old = model_.find(k, model_.moment());
  const Liveness live = old == nullptr ? Liveness::kDead : old->liveness(span);
  if (status.is(StatusCode::kNotFound)) {
    if (live == Liveness::kLive) fail("persist did not find " + abbreviate(k));
    return;
  }
  if (!expect_ok(status, "persist")) return;
  if (live == Liveness::kDead) return fail("persist found the dead key " + abbreviate(k));
  const ModelValue kept = old->value;
  model_.begin_commit();
  model_.set(k, kept);
}

// --- Reads ---------------------------------------------------------------------------------------

void ModelRun::ttl() {
  const std::string k = key();
  const uint64_t start = world_.now_ms();
  const auto left = database_->ttl(k);
  const TimeSpan span = since(start);
  const Model::Version* version = model_.find(k, model_.moment());
  const Liveness live = version == nullptr ? Liveness::kDead : version->liveness(span);
  if (!left.ok()) {
    if (!left.status().is(StatusCode::kNotFound))
      fail(left.status().to_string());
    else if (live == Liveness::kLive)
      fail("ttl did not find " + abbreviate(k));
    return;
  }
  if (live == Liveness::kDead) return fail("ttl found the dead key " + abbreviate(k));
  if (left->has_value() != version->expires_ever()) return fail("ttl says the wrong kind of life");
  if (!left->has_value()) return;
  const auto ms = static_cast<uint64_t>((*left)->count());
  if (span.last_ms + ms + 1 < version->expires.first_ms ||
      span.first_ms + ms > version->expires.last_ms) {
    fail("ttl of " + abbreviate(k) + " is " + std::to_string(ms) + " ms, at " +
         std::to_string(span.first_ms) + ", but it expires at " +
         std::to_string(version->expires.first_ms));
  }
}

void ModelRun::get() {
  const std::string k = key();
  const View view = random_view();
  const ReadOptions options{view.snapshot};
  switch (random_.below(3)) {
    case 0: {
      const auto found = database_->get(k, options);
      return check_value(k, view, found.status(), found.ok() ? *found : std::string(),
                         since(view.since_ms));
    }
    case 1: {
      std::string found = "what was there before";
      const Status status = database_->get(k, &found, options);
      return check_value(k, view, status, found, since(view.since_ms));
    }
    default: {
      const auto found = database_->get_pinned(k, options);
      return check_value(k, view, found.status(), found.ok() ? found->view() : std::string_view(),
                         since(view.since_ms));
    }
  }
}

void ModelRun::exists() {
  const std::string k = key();
  const View view = random_view();
  const auto found = database_->exists(k, {view.snapshot});
  if (!found.ok()) return fail(found.status().to_string());
  const Liveness live = model_.liveness(k, view.moment, since(view.since_ms));
  if (live != Liveness::kUnknown && *found != (live == Liveness::kLive)) {
    fail(std::string("exists says ") + (*found ? "yes" : "no") + " to " + abbreviate(k));
  }
}

void ModelRun::count() {
  const View view = random_view();
  std::string from, to;
  Result<uint64_t> counted = uint64_t{0};
  if (random_.one_in(2)) {
    from = random_.one_in(4) ? std::string() : key();
    if (!from.empty()) from.resize(random_.between(1, from.size()));
    to = prefix_end(from);
    counted = database_->count(from, {view.snapshot});
  } else {
    from = boundary();
    to = boundary();
    if (!to.empty() && to < from) std::swap(from, to);
    counted = database_->count_range(from, to, {view.snapshot});
  }
  if (!counted.ok()) return fail(counted.status().to_string());
  const TimeSpan span = since(view.since_ms);
  uint64_t least = 0, most = 0;
  for (auto at = model_.map().lower_bound(from);
       at != model_.map().end() && (to.empty() || at->first < to); ++at) {
    const Model::Version* version = Model::newest(at->second, view.moment);
    const Liveness live = version == nullptr ? Liveness::kDead : version->liveness(span);
    least += live == Liveness::kLive;
    most += live != Liveness::kDead;
  }
  if (*counted < least || *counted > most) {
    fail("count is " + std::to_string(*counted) + ", not " + std::to_string(least) + " to " +
         std::to_string(most));
  }
}

void ModelRun::read_range() {
  OpenRange range = make_range(random_view(), false);
  check_entries(range, random_.one_in(4) ? UINT64_MAX : random_.below(100));
}

void ModelRun::read_keys() {
  const View view = random_view();
  std::string prefix = key();
  prefix.resize(random_.between(1, prefix.size()));
  RangeOptions options;
  options.reverse = random_.one_in(2);
  options.limit = random_.one_in(2) ? 50 : UINT64_MAX;
  options.snapshot = view.snapshot;
  const KeyRange keys = database_->keys(prefix, options);
  OpenRange expected{
      {}, view.moment, view.since_ms, prefix, prefix_end(prefix), options.reverse, options.limit,
      0,  {}};
  for (const std::string_view k : keys) {
    check_key(expected, std::string(k), since(view.since_ms));
    if (failed_) return;
  }
  check_end(expected, keys.status());
}

// --- Moments -------------------------------------------------------------------------------------

void ModelRun::hold_snapshot() {
  if (snapshots_.size() >= kMostSnapshots) {
    const auto gone = std::next(snapshots_.begin(),
                                static_cast<std::ptrdiff_t>(random_.below(snapshots_.size())));
    const Model::Moment moment = gone->moment;
    snapshots_.erase(gone);
    model_.release(moment);
    return;
  }
  model_.hold(model_.moment());
  snapshots_.push_back({database_->snapshot(), model_.moment(), world_.now_ms()});
}

void ModelRun::open_range() {
  if (ranges_.size() >= kMostRanges) {
    return drop_range(
        std::next(ranges_.begin(), static_cast<std::ptrdiff_t>(random_.below(ranges_.size()))));
  }
  ranges_.push_back(make_range(random_view(), true));
}

void ModelRun::advance_range() {
  if (ranges_.empty()) return;
  const auto range =
      std::next(ranges_.begin(), static_cast<std::ptrdiff_t>(random_.below(ranges_.size())));
  if (check_entries(*range, random_.below(40))) drop_range(range);
}

void ModelRun::drop_range(std::list<OpenRange>::iterator range) {
  const Model::Moment moment = range->moment;
  ranges_.erase(range);
  model_.release(moment);
}

void ModelRun::drop_moments() {
  while (!ranges_.empty()) drop_range(ranges_.begin());
  while (!snapshots_.empty()) {
    const Model::Moment moment = snapshots_.front().moment;
    snapshots_.pop_front();
    model_.release(moment);
  }
}

ModelRun::View ModelRun::random_view() {
  if (!snapshots_.empty() && random_.one_in(4)) {
    const auto held = std::next(snapshots_.begin(),
                                static_cast<std::ptrdiff_t>(random_.below(snapshots_.size())));
    return {&held->snapshot, held->moment, held->taken_ms};
  }
  return {nullptr, model_.moment(), world_.now_ms()};
}

// --- Care ----------------------------------------------------------------------------------------

void ModelRun::flush() {
  expect_ok(database_->flush(), "flush");
}

void ModelRun::compact() {
  expect_ok(database_->compact(), "compact");
}

void ModelRun::reopen(bool kill) {
  drop_moments();
  if (kill && world_.kill) options_.env = world_.kill(&database_);
  database_.reset();
  open();
}

void ModelRun::verify_everything() {
  const View view{nullptr, model_.moment(), world_.now_ms()};
  for (const bool reverse : {false, true}) {
    OpenRange all{database_->range("", "", {.reverse = reverse, .snapshot = nullptr}),
                  view.moment,
                  view.since_ms,
                  "",
                  "",
                  reverse,
                  UINT64_MAX,
                  0,
                  {}};
    check_entries(all, UINT64_MAX);
    if (failed_) return;
  }
  const auto report = database_->verify();
  if (!report.ok()) return fail(report.status().to_string());
  if (!report->problems.empty()) fail("verify: " + report->problems.front());
}

void ModelRun::open() {
  auto opened = Database::open(world_.folder, options_);
  if (!opened.ok()) {
    fail("open: " + opened.status().to_string());
    std::abort();
  }
  database_ = std::move(opened).value();
}

// --- Comparing -----------------------------------------------------------------------------------

ModelRun::OpenRange ModelRun::make_range(const View& view, bool held) {
  RangeOptions options;
  options.reverse = random_.one_in(2);
  options.limit = random_.one_in(2) ? UINT64_MAX : random_.below(60);
  options.snapshot = view.snapshot;
  if (held) model_.hold(view.moment);
  std::string from, to;
  if (random_.one_in(2)) {
    from = key();
    from.resize(random_.between(1, from.size()));
    to = prefix_end(from);
    return {database_->prefix(from, options),
            view.moment,
            view.since_ms,
            from,
            to,
            options.reverse,
            options.limit,
            0,
            {}};
  }
  from = boundary();
  to = boundary();
  if (!to.empty() && to < from) std::swap(from, to);
  return {database_->range(from, to, options),
          view.moment,
          view.since_ms,
          from,
          to,
          options.reverse,
          options.limit,
          0,
          {}};
}

bool ModelRun::check_entries(OpenRange& range, uint64_t entries) {
  auto at = range.range.begin();
  for (; entries > 0 && at != range.range.end(); --entries, ++at) {
    const Entry entry = *at;
    const std::string k(entry.key);
    const TimeSpan read = since(range.taken_ms);
    check_key(range, k, read);
    if (failed_) return true;
    check_value(k, {nullptr, range.moment, range.taken_ms}, Status(), entry.value, read);
    if (failed_) return true;
  }
  if (at != range.range.end()) return false;
  check_end(range, range.range.status());
  return true;
}

void ModelRun::check_key(OpenRange& range, const std::string& k, const TimeSpan& read) {
  if (++range.read > range.limit) return fail("range gives more than its limit");
  if (k < range.from || (!range.to.empty() && k >= range.to)) {
    return fail("range gives " + abbreviate(k) + ", outside its bounds");
  }
  if (range.last_key && (range.reverse ? k >= *range.last_key : k <= *range.last_key)) {
    return fail("range gives " + abbreviate(k) + " out of order");
  }
  check_gap(range, &k, read);
  if (!failed_ && model_.liveness(k, range.moment, read) == Liveness::kDead) {
    return fail("range gives the dead key " + abbreviate(k));
  }
  range.last_key = k;
}

void ModelRun::check_end(const OpenRange& range, const Status& status) {
  if (!status.ok()) return fail(status.to_string());
  if (range.read < range.limit) check_gap(range, nullptr, since(range.taken_ms));
}

// No key that must be there lies between the range's last key and `up_to`, or its end.
void ModelRun::check_gap(const OpenRange& range, const std::string* up_to, const TimeSpan& read) {
  const Model::Map& map = model_.map();
  const auto check = [&](Model::Map::const_iterator at) {
    const Model::Version* version = Model::newest(at->second, range.moment);
    if (version != nullptr && version->liveness(read) == Liveness::kLive) {
      fail("range [" + abbreviate(range.from) + ", " + abbreviate(range.to) +
           (range.reverse ? ") reversed" : ")") + " leaves out " + abbreviate(at->first));
    }
  };
  if (!range.reverse) {
    auto at = range.last_key ? map.upper_bound(*range.last_key) : map.lower_bound(range.from);
    for (; at != map.end() && !failed_; ++at) {
      if (up_to != nullptr ? at->first >= *up_to : !range.to.empty() && at->first >= range.to)
        break;
      check(at);
    }
    return;
  }
  auto at = range.last_key     ? map.lower_bound(*range.last_key)
            : range.to.empty() ? map.end()
                               : map.lower_bound(range.to);
  while (at != map.begin() && !failed_) {
    --at;
    if (up_to != nullptr ? at->first <= *up_to : at->first < range.from) break;
    check(at);
  }
}

void ModelRun::check_value(const std::string& k, const View& view, const Status& status,
                           std::string_view found, const TimeSpan& read) {
  const Model::Version* version = model_.find(k, view.moment);
  const Liveness live = version == nullptr ? Liveness::kDead : version->liveness(read);
  if (status.is(StatusCode::kNotFound)) {
    if (live == Liveness::kLive) fail("does not find " + abbreviate(k));
    return;
  }
  if (!expect_ok(status, "read")) return;
  if (live == Liveness::kDead) {
    return fail("finds the dead key " + abbreviate(k) + " = " + abbreviate(found));
  }
  const std::string expected = make(version->value);
  if (found != expected) {
    fail(abbreviate(k) + " is " + abbreviate(found) + ", not " + abbreviate(expected));
  }
}

// --- Drawing -------------------------------------------------------------------------------------

std::string ModelRun::boundary() {
  if (random_.one_in(10)) return {};
  std::string k = key();
  if (random_.one_in(3)) k.resize(random_.between(1, k.size()));
  if (random_.one_in(3) && k.size() < 100) k += static_cast<char>(random_.next());
  return k;
}

ModelValue ModelRun::value() {
  if (random_.one_in(6))
    return std::to_string(static_cast<int64_t>(random_.below(100'000)) - 50'000);
  // A recipe's first bytes might spell a number, so it begins to be a value at two bytes.
  uint32_t bytes = random_value_bytes(random_, largest_value_);
  if (bytes > 0 && bytes < 20) bytes = 20;
  return Recipe{random_.next(), bytes};
}

std::chrono::milliseconds ModelRun::random_ttl() {
  if (!random_.one_in(10)) return std::chrono::milliseconds(0);
  static constexpr uint64_t kMost[] = {5, 100, 2000, 3'600'000};
  return std::chrono::milliseconds(random_.between(1, kMost[random_.below(4)]));
}

WriteOptions ModelRun::write_options() {
  WriteOptions options;
  if (random_.one_in(200)) options.durability = Durability::kDisk;
  if (random_.one_in(4)) options.durability = Durability::kProcess;
  return options;
}

// --- Failing -------------------------------------------------------------------------------------

bool ModelRun::expect_ok(const Status& status, const char* call) {
  if (!status.ok()) fail(std::string(call) + ": " + status.to_string());
  return status.ok();
}

void ModelRun::fail(const std::string& what) {
  failed_ = true;
  ADD_FAILURE() << call_ << ": " << what << "\n" << describe();
}

std::string ModelRun::describe() const {
  return seed_text(seed_) + ", operation " + std::to_string(operation_) + ", keys " +
         to_string(shape_) + ", compression " +
         std::to_string(static_cast<int>(options_.compression)) + ", budget " +
         std::to_string(options_.memory_budget >> 20) + " MiB";
}

}  // namespace ashlar
