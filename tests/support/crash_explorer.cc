#include "support/crash_explorer.h"

#include <utility>

namespace ashlar {
namespace {

using Fates = std::vector<Fate>;

constexpr Fate kAbsent{.kind = Fate::Kind::kAbsent};
constexpr Fate kWhole{.kind = Fate::Kind::kWhole};

std::string describe(const std::vector<PendingChange>& pending, const Fates& fates) {
  static constexpr const char* kKinds[] = {"absent",    "whole",     "prefix", "suffix",
                                           "scattered", "old bytes", "version"};
  std::string text;
  for (std::size_t i = 0; i < fates.size(); ++i) {
    text += "\n  " + (pending[i].path ? *pending[i].path : std::string("?")) + " [" +
            std::to_string(pending[i].offset) + ", +" + std::to_string(pending[i].bytes) +
            "): " + kKinds[static_cast<std::size_t>(fates[i].kind)] + " " +
            std::to_string(fates[i].at) + (fates[i].grown ? " grown" : "");
  }
  return text;
}

std::string moment_of(const SimCrash& crash) {
  const std::size_t position = crash.position();
  return "operation " + std::to_string(position) + " (next: " +
         (position < crash.operation_count() ? to_string(crash.operation(position)) : "none") + ")";
}

}  // namespace

void CrashCount::add(const CrashCount& other) {
  moments += other.moments;
  images += other.images;
  distinct += other.distinct;
  recovery_images += other.recovery_images;
  distinct_recovery_images += other.distinct_recovery_images;
}

CrashExplorer::CrashExplorer(uint64_t seed, const CrashShape& shape, bool through_recovery)
    : sequence_(seed, shape), through_recovery_(through_recovery), random_(seed) {
  problem_ = sequence_.problem();
}

std::string CrashExplorer::run() {
  SimCrash crash = sequence_.history();
  while (problem_.empty()) {
    ++count_.moments;
    explore_kills(crash);
    explore_power_cuts(crash);
    if (through_recovery_) {
      explore_recovery(crash, kAbsent);
      explore_recovery(crash, kWhole);
    }
    if (crash.position() == crash.operation_count()) break;
    crash.advance_to(crash.position() + 1);
  }
  return problem_;
}

void CrashExplorer::explore_kills(SimCrash& crash) {
  const CommitBounds bounds = sequence_.after_kill(crash.position());
  std::size_t bytes = 0;
  if (crash.position() < crash.operation_count()) {
    bytes = crash.operation(crash.position()).bytes.size();
  }
  for (std::size_t written = 0; written == 0 || written < bytes; written += kSimSectorBytes) {
    ++count_.images;
    if (judge(crash.killed(written), bounds, &count_.distinct)) continue;
    return fail("killed after " + moment_of(crash) + " and " + std::to_string(written) +
                " bytes of the next");
  }
}

void CrashExplorer::explore_power_cuts(SimCrash& crash) {
  const std::vector<PendingChange> pending = crash.pending();
  const std::size_t count = pending.size();
  for (const Fates& fates : subsets(count, kAllSubsets, kRandomSubsets)) {
    judge_power_cut(crash, fates);
  }
  for (std::size_t i = 0; i < count; ++i) {
    for (const Fate& fate : SimCrash::fates_of(pending[i], kSimSectorBytes)) {
      for (const Fate& others : {kAbsent, kWhole}) {
        Fates fates(count, others);
        fates[i] = fate;
        judge_power_cut(crash, fates);
      }
    }
  }
}

// None and all of the changes, and every subset up to `all` changes, or else `chosen` random ones.
std::vector<Fates> CrashExplorer::subsets(std::size_t count, std::size_t all, uint64_t chosen) {
  std::vector<Fates> out{Fates(count, kAbsent), Fates(count, kWhole)};
  if (count <= all) {
    for (uint64_t bits = 1; bits + 1 < uint64_t{1} << count; ++bits) {
      out.emplace_back(count, kAbsent);
      for (std::size_t i = 0; i < count; ++i) {
        if ((bits >> i & 1) != 0) out.back()[i] = kWhole;
      }
    }
    return out;
  }
  for (uint64_t i = 0; i < chosen; ++i) {
    out.emplace_back(count, kAbsent);
    for (Fate& fate : out.back()) fate = random_.one_in(2) ? kWhole : kAbsent;
  }
  return out;
}

void CrashExplorer::judge_power_cut(SimCrash& crash, const Fates& fates) {
  if (!problem_.empty()) return;
  ++count_.images;
  if (judge(crash.image(fates), sequence_.after_power_cut(crash.position()), &count_.distinct)) {
    return;
  }
  fail("power cut after " + moment_of(crash) + describe(crash.pending(), fates));
}

void CrashExplorer::explore_recovery(SimCrash& crash, const Fate& pending) {
  if (!problem_.empty()) return;
  SimDisk disk = crash.image(Fates(crash.pending().size(), pending));
  const CommitBounds bounds = sequence_.after_power_cut(crash.position());
  const uint64_t digest = disk.digest();
  if (!recovered_.emplace(digest, bounds.least, bounds.most).second) return;
  const auto env = sequence_.restart(std::move(disk), digest);
  problem_ = sequence_.examine(*env, bounds, CrashSequence::Use::kRead).problem;
  SimCrash again = env->crash_points();
  while (problem_.empty()) {
    explore_recovery_step(again, bounds);
    if (again.position() == again.operation_count()) break;
    again.advance_to(again.position() + 1);
  }
  if (problem_.empty()) return;
  fail("before it, power cut with everything pending " +
       std::string(pending.kind == Fate::Kind::kAbsent ? "absent" : "there") + " after " +
       moment_of(crash));
}

void CrashExplorer::explore_recovery_step(SimCrash& crash, const CommitBounds& bounds) {
  const std::size_t count = crash.pending().size();
  for (const Fates& fates : subsets(count, kAllRecoverySubsets, kRandomRecoverySubsets)) {
    ++count_.recovery_images;
    if (judge(crash.image(fates), bounds, &count_.distinct_recovery_images)) continue;
    return fail("power cut in recovery after " + moment_of(crash) +
                describe(crash.pending(), fates));
  }
}

// Whether all is well; what is done with the disk hangs on its digest alone, so that it is the same
// whenever it comes up.
bool CrashExplorer::judge(SimDisk disk, const CommitBounds& bounds, uint64_t* distinct) {
  const uint64_t digest = disk.digest();
  if (!judged_.emplace(digest, bounds.least, bounds.most).second) return true;
  ++*distinct;
  const auto env = sequence_.restart(std::move(disk), digest);
  env->record_history(false);
  using Use = CrashSequence::Use;
  problem_ =
      sequence_.examine(*env, bounds, digest % 3 == 0 ? Use::kReadOnly : Use::kWrite).problem;
  return problem_.empty();
}

void CrashExplorer::fail(const std::string& what) {
  problem_ += "\n" + what;
  if (!problem_.ends_with(sequence_.diary())) problem_ += "\n" + sequence_.diary();
}

}  // namespace ashlar
