#include "simulation/simulation.h"

#include <algorithm>
#include <utility>

#include "base/try.h"

namespace ashlar {
namespace {

constexpr char kFolder[] = "/db";
constexpr uint64_t kStepsInRound = 60;
// How many calls of the disk may still go well before one fails.
constexpr uint64_t kCallsBeforeFault = 40;

std::string plural(uint64_t count, const std::string& word) {
  return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

}  // namespace

Simulation::Simulation(uint64_t seed, std::unique_ptr<SimWorkload> workload,
                       std::function<void(const std::string&)> tell)
    : random_(seed),
      workload_(std::move(workload)),
      tell_(std::move(tell)),
      env_(std::make_unique<SimEnv>(seed)),
      states_(1) {
  states_.front().durable = states_.front().acknowledged = 0;
}

Simulation::~Simulation() = default;

Status Simulation::run(uint64_t rounds) {
  for (; tally_.rounds < rounds; ++tally_.rounds) {
    story_ = "round " + std::to_string(tally_.rounds + 1) + ": ";
    ASHLAR_TRY(open());
    ASHLAR_TRY(check());
    use();
    crash();
    tell_(story_);
  }
  story_ = "at the end: ";
  ASHLAR_TRY(open());
  return check();
}

Status Simulation::open() {
  Options options;
  options.memory_budget = Options::kMinimumMemoryBudget;
  options.env = env_.get();
  options.compression = static_cast<Compression>(random_.below(4));
  ASHLAR_TRY_ASSIGN(database_, Database::open(kFolder, options));
  return {};
}

Status Simulation::check() {
  const auto all = database_->range("", "");
  SimContents found;
  for (const Entry& entry : all) found.emplace(entry.key, entry.value);
  ASHLAR_TRY(all.status());
  std::size_t at = most_ + 1;
  while (at > least_ && states_[at - 1].contents != found) --at;
  if (at == least_) {
    return Status::corruption(story_ + "what is there is none of the states behind commits " +
                              std::to_string(least_) + " to " + std::to_string(most_) +
                              " of the round before");
  }
  tally_.lost_commits += most_ - (at - 1);
  ASHLAR_TRY_ASSIGN(const VerifyReport report, database_->verify());
  if (!report.problems.empty()) return Status::corruption(report.problems.front());
  ASHLAR_TRY(workload_->prepare(*database_));
  states_ = {State{.contents = std::move(found), .acknowledged = 0, .durable = 0}};
  return {};
}

void Simulation::use() {
  faulty_ = random_.one_in(2);
  if (faulty_) inject_fault();
  for (uint64_t left = random_.below(kStepsInRound); left > 0; --left) {
    if (!step()) {
      ++tally_.failed_calls;
      break;
    }
  }
  const uint64_t commits = states_.size() - 1;
  tally_.commits += commits;
  story_ += plural(commits, "commit") + ", ";
}

bool Simulation::step() {
  const uint64_t kind = random_.below(100);
  Status status;
  if (kind < 80) return commit();
  if (kind < 84) {
    status = database_->sync();
  } else if (kind < 88) {
    status = database_->flush();
  } else if (kind < 90) {
    status = database_->compact();
  } else {
    env_->advance(std::chrono::milliseconds(random_.below(80)));
    env_->run_background();
    return true;
  }
  if (status.ok() && kind < 88) all_durable();
  if (!status.ok()) story_ += status.to_string() + ", ";
  return status.ok();
}

bool Simulation::commit() {
  const SimCommit changes = workload_->next(states_.back().contents, &random_);
  State next{.contents = states_.back().contents, .begun = env_->operation_count()};
  for (const auto& [key, value] : changes) {
    if (value) {
      next.contents[key] = *value;
    } else {
      next.contents.erase(key);
    }
  }
  states_.push_back(std::move(next));
  const bool disk = random_.one_in(3);
  const Status status =
      workload_->commit(*database_, changes, disk ? Durability::kDisk : Durability::kProcess);
  if (!status.ok()) {
    // It may be there or not; nothing else is written before the crash.
    story_ += status.to_string() + ", ";
    return false;
  }
  states_.back().acknowledged = env_->operation_count();
  if (disk) all_durable();
  return true;
}

void Simulation::all_durable() {
  for (State& state : states_) state.durable = std::min(state.durable, env_->operation_count());
}

void Simulation::inject_fault() {
  static constexpr SimCall kCalls[] = {SimCall::kWrite,  SimCall::kSync,     SimCall::kOpen,
                                       SimCall::kRename, SimCall::kAllocate, SimCall::kSyncFolder};
  const SimFault fault{.call = kCalls[random_.below(std::size(kCalls))],
                       .skip = random_.below(kCallsBeforeFault),
                       .lasting = random_.one_in(4),
                       .code = random_.one_in(3) ? StatusCode::kNoSpace : StatusCode::kIoError};
  story_ += (fault.lasting ? "every " : "a ") + std::string(to_string(fault.call)) +
            " fails after " + std::to_string(fault.skip) + ", ";
  env_->inject(fault);
}

// The database is closed behind the moment that counts, so that its end is explored as well.
void Simulation::crash() {
  database_.reset();
  if (!faulty_) all_durable();
  SimCrash crash = env_->crash_points();
  const std::size_t position =
      random_.one_in(4) ? crash.operation_count() : random_.below(crash.operation_count() + 1);
  crash.advance_to(position);
  const bool kill = random_.one_in(3);
  SimRandom fates(random_.next());
  SimDisk disk = kill ? crash.killed() : crash.image(crash.random_fates(&fates));
  least_ = most_ = 0;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if ((kill ? states_[i].acknowledged : states_[i].durable) <= position) least_ = i;
    if (states_[i].begun <= position) most_ = i;
  }
  ++(kill ? tally_.kills : tally_.power_cuts);
  story_ += std::string(kill ? "killed" : "power cut") + " after operation " +
            std::to_string(position) + " of " + std::to_string(crash.operation_count()) + ", " +
            std::to_string(least_) + " to " + std::to_string(most_) + " commits left";
  env_ = env_->restart(std::move(disk), random_.next());
}

}  // namespace ashlar
