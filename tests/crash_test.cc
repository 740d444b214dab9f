// What a power cut or the end of the process may leave, at every moment of generated sequences:
// everything that was promised must be there, batches whole, the rest a prefix of the commits.
//
// ASHLAR_SEED repeats a run; ASHLAR_IMAGES sets the number of crash images.
#include <gtest/gtest.h>

#include <string>

#include "support/crash_sequence.h"
#include "support/random.h"

namespace ashlar {
namespace {

// Looks at crash images of one sequence, at random moments, until `images` are done.
class Explorer {
 public:
  Explorer(uint64_t seed, uint64_t images) : seed_(seed), images_(images), random_(seed ^ 0x51) {}

  void run() {
    SCOPED_TRACE(seed_text(seed_));
    CrashSequence sequence(seed_, CrashShape());
    ASSERT_EQ(sequence.problem(), "");
    SimCrash crash = sequence.history();
    const std::size_t count = crash.operation_count();
    // As many images at each moment, so that all of the sequence is covered.
    const uint64_t moments = std::min<uint64_t>(count + 1, std::max<uint64_t>(images_ / 4, 1));
    for (uint64_t moment = 0; moment < moments; ++moment) {
      crash.advance_to(moment * count / std::max<uint64_t>(moments - 1, 1));
      for (uint64_t i = 0; i < (images_ + moments - 1) / moments; ++i) {
        look(sequence, crash, i);
        if (testing::Test::HasFailure()) return;
      }
    }
  }

 private:
  void look(CrashSequence& sequence, SimCrash& crash, uint64_t kind) {
    const std::size_t position = crash.position();
    std::string fate;
    if (random_.one_in(6)) {
      // A kill stops a write between pages or, past the page cache, between sectors.
      const std::size_t torn = random_.one_in(2) ? 0 : 512 * random_.below(18);
      return judge(sequence, crash.killed(torn), sequence.after_kill(position),
                   "killed after operation " + std::to_string(position) + ", " +
                       std::to_string(torn) + " bytes of the next written");
    }
    const std::vector<PendingChange>& pending = crash.pending();
    std::vector<Fate> fates(pending.size());
    if (kind % 4 == 1) {
      for (Fate& each : fates) each.kind = Fate::Kind::kWhole;
    } else if (kind % 4 > 1) {
      SimRandom random(random_.next());
      fates = crash.random_fates(&random);
    }
    judge(sequence, crash.image(fates), sequence.after_power_cut(position),
          "power cut after operation " + std::to_string(position) + " (" +
              (position < crash.operation_count() ? to_string(crash.operation(position)) : "end") +
              "), image " + std::to_string(kind));
  }

  void judge(CrashSequence& sequence, SimDisk disk, const CommitBounds& bounds,
             const std::string& what) {
    SCOPED_TRACE(what);
    using Use = CrashSequence::Use;
    const auto after = sequence.restart(std::move(disk), random_.next());
    const bool again = random_.one_in(20);
    after->record_history(again);
    const Use use = again ? Use::kRead : random_.one_in(3) ? Use::kReadOnly : Use::kWrite;
    const Found found = sequence.examine(*after, bounds, use);
    ASSERT_EQ(found.problem, "") << sequence.diary();
    if (again) crash_recovery(sequence, *after, bounds);
  }

  // Cuts the power while, or after, the database recovers, and lets it recover from that.
  void crash_recovery(CrashSequence& sequence, SimEnv& env, const CommitBounds& bounds) {
    SimCrash crash = env.crash_points();
    crash.advance_to(random_.below(crash.operation_count() + 1));
    SCOPED_TRACE("power cut again, in recovery, after operation " +
                 std::to_string(crash.position()));
    SimRandom random(random_.next());
    const auto after = env.restart(crash.image(crash.random_fates(&random)), random_.next());
    after->record_history(false);
    ASSERT_EQ(sequence.examine(*after, bounds, CrashSequence::Use::kWrite).problem, "");
  }

  const uint64_t seed_;
  const uint64_t images_;
  Random random_;
};

TEST(Crash, NothingPromisedIsLostAndTheRestIsAPrefix) {
  const uint64_t first_seed = test_seed();
  Random seeds(first_seed);
  const uint64_t images = environment_number("ASHLAR_IMAGES", 1000);
  const uint64_t per_sequence = std::max<uint64_t>(std::min<uint64_t>(images, 100), images / 200);
  for (uint64_t done = 0; done < images && !HasFailure(); done += per_sequence) {
    Explorer(done == 0 ? first_seed : seeds.next(), per_sequence).run();
  }
}

}  // namespace
}  // namespace ashlar
