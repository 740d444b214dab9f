#include "version/manifest.h"

#include <gtest/gtest.h>

#include "base/coding.h"
#include "version/version_test_support.h"

namespace ashlar {
namespace {

constexpr uint64_t kNumber = 7;

VersionEdit step(uint64_t i) {
  VersionEdit edit;
  edit.last_sequence = i;
  edit.added_tables = {placement(Tier::kRun, i, 100 + i, "key" + std::to_string(i))};
  return edit;
}

// A manifest of some steps, and where each of its records ends.
class ManifestBytes : public testing::Test {
 protected:
  ManifestBytes() {
    auto writer = ManifestWriter::create(env_, "", kNumber, step(0)).value();
    ends_.push_back(writer->bytes());
    for (uint64_t i = 1; i < 5; ++i) {
      EXPECT_TRUE(writer->append(step(i)).ok());
      ends_.push_back(writer->bytes());
    }
    bytes_ = env_.contents(file_name(FileType::kManifest, kNumber)).value();
    EXPECT_EQ(bytes_.size(), ends_.back());
  }

  // How many steps are read, all of them right and in order.
  Result<uint64_t> read(std::string_view bytes, uint64_t number = kNumber) {
    uint64_t steps = 0;
    Status status =
        read_manifest(bytes, number, "M", [&](uint64_t offset, const VersionEdit& edit) -> Status {
          EXPECT_EQ(edit.encode(), step(steps).encode());
          EXPECT_EQ(offset, steps == 0 ? 16 : ends_[steps - 1]);
          ++steps;
          return {};
        });
    if (!status.ok()) return status;
    return steps;
  }

  SimEnv env_{1};
  std::string bytes_;
  std::vector<uint64_t> ends_;
};

TEST_F(ManifestBytes, GiveBackEveryStepInOrder) {  // [MAN-1]
  EXPECT_EQ(read(bytes_).value(), 5u);
}

TEST_F(ManifestBytes, CutOffAnywhereGiveTheStepsBefore) {  // [MAN-2]
  for (std::size_t length = 0; length < bytes_.size(); ++length) {
    const auto steps = read(std::string_view(bytes_).substr(0, length));
    if (length < ends_[0]) {
      EXPECT_TRUE(steps.status().is(StatusCode::kCorruption)) << length;
      continue;
    }
    uint64_t whole = 0;
    while (ends_[whole] <= length) ++whole;
    ASSERT_TRUE(steps.ok()) << length << " " << steps.status().to_string();
    EXPECT_EQ(*steps, whole) << length;
  }
}

TEST_F(ManifestBytes, WithATornLastRecordGiveTheStepsBefore) {  // [MAN-2]
  for (uint64_t from = ends_[3]; from < bytes_.size(); ++from) {
    for (const char filling : {'\0', '\xff'}) {
      std::string torn = bytes_.substr(0, from);
      torn.append(bytes_.size() - from + 600, filling);
      if (torn.starts_with(bytes_)) continue;
      const auto steps = read(torn);
      ASSERT_TRUE(steps.ok()) << from << " " << steps.status().to_string();
      EXPECT_EQ(*steps, 4u);
    }
  }
}

TEST_F(ManifestBytes, WithAnyBitFlippedBeforeTheLastRecordAreCorrupt) {  // [MAN-2]
  for (std::size_t bit = 0; bit < ends_[3] * 8; ++bit) {
    std::string damaged = bytes_;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    const auto steps = read(damaged);
    const bool in_version = bit / 8 >= 4 && bit / 8 < 8;
    if (in_version && steps.status().is(StatusCode::kUnsupported)) continue;
    ASSERT_TRUE(steps.status().is(StatusCode::kCorruption)) << bit;
    EXPECT_NE(steps.status().message().find("M: offset "), std::string_view::npos);
  }
}

TEST_F(ManifestBytes, WithAnyBitFlippedInTheLastRecordGiveTheStepsBefore) {  // [MAN-2]
  for (std::size_t bit = ends_[3] * 8; bit < bytes_.size() * 8; ++bit) {
    std::string damaged = bytes_;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(read(damaged).value(), 4u) << bit;
  }
}

TEST_F(ManifestBytes, WithARecordZeroedInTheMiddleAreCorrupt) {  // [MAN-2]
  std::string zeros = bytes_;
  for (uint64_t i = ends_[1]; i < ends_[2]; ++i) zeros[i] = '\0';
  EXPECT_TRUE(read(zeros).status().is(StatusCode::kCorruption));
}

TEST_F(ManifestBytes, ARecordCountsOnlyWhereItWasWritten) {
  const std::string shifted = bytes_.substr(0, ends_[1]) + bytes_.substr(ends_[2]);
  EXPECT_EQ(read(shifted).value(), 2u);
}

TEST_F(ManifestBytes, OfAnotherManifestAreRefused) {
  EXPECT_TRUE(read(bytes_, kNumber + 1).status().is(StatusCode::kCorruption));
  std::string renumbered = bytes_;
  store<uint64_t>(renumbered.data() + 8, kNumber + 1);
  EXPECT_TRUE(read(renumbered, kNumber + 1).status().is(StatusCode::kCorruption));
}

TEST_F(ManifestBytes, OfANewerVersionAreUnsupported) {
  std::string newer = bytes_;
  store<uint32_t>(newer.data() + 4, 2);
  EXPECT_TRUE(read(newer).status().is(StatusCode::kUnsupported));
}

TEST_F(ManifestBytes, AVisitorsErrorIsPassedOn) {
  const Status status = read_manifest(
      bytes_, kNumber, "M", [](uint64_t, const VersionEdit&) { return Status::busy("enough"); });
  EXPECT_TRUE(status.is(StatusCode::kBusy));
}

TEST(Manifest, AppendIsDurableWhenItReturns) {
  SimEnv env(1);
  auto writer = ManifestWriter::create(env, "", kNumber, step(0)).value();
  ASSERT_TRUE(env.sync_folder("").ok());
  ASSERT_TRUE(writer->append(step(1)).ok());
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto after = env.after_power_cut(seed);
    const std::string bytes = after->contents(file_name(FileType::kManifest, kNumber)).value();
    uint64_t steps = 0;
    ASSERT_TRUE(read_manifest(bytes, kNumber, "M", [&](uint64_t, const VersionEdit&) {
                  ++steps;
                  return Status();
                }).ok());
    EXPECT_EQ(steps, 2u);
  }
}

TEST(Manifest, MayNotReplaceAnother) {
  SimEnv env(1);
  ASSERT_TRUE(ManifestWriter::create(env, "", kNumber, step(0)).ok());
  EXPECT_FALSE(ManifestWriter::create(env, "", kNumber, step(0)).ok());
}

// --- For repair --------------------------------------------------------------------------------

TEST_F(ManifestBytes, DamagedAreSalvagedButForTheRecordsThatAreHit) {
  for (std::size_t bit = 0; bit < ends_[3] * 8; bit += 3) {
    std::string damaged = bytes_;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    std::size_t hit = 0;
    while (ends_[hit] <= bit / 8) ++hit;
    const bool in_header = bit / 8 < 16;
    std::vector<std::string> wanted;
    for (std::size_t i = 0; i < 5; ++i) {
      if (in_header || i != hit) wanted.push_back(step(i).encode());
    }
    std::vector<std::string> found;
    std::vector<uint64_t> holes;
    EXPECT_TRUE(salvage_manifest(
        damaged, kNumber, [&](const VersionEdit& edit) { found.push_back(edit.encode()); },
        [&](uint64_t offset) { holes.push_back(offset); }));
    ASSERT_EQ(found, wanted) << bit;
    const uint64_t hole = in_header ? 0 : hit == 0 ? 16 : ends_[hit - 1];
    EXPECT_EQ(holes, std::vector<uint64_t>{hole}) << bit;
  }
}

TEST_F(ManifestBytes, SoundOrTornAtTheEndAreNotDamagedForSalvage) {
  for (const std::size_t length : {bytes_.size(), bytes_.size() - 1, std::size_t{ends_[3]} + 3}) {
    std::size_t steps = 0;
    EXPECT_FALSE(salvage_manifest(
        std::string_view(bytes_).substr(0, length), kNumber, [&](const VersionEdit&) { ++steps; },
        [](uint64_t) { ADD_FAILURE(); }));
    EXPECT_EQ(steps, length == bytes_.size() ? 5u : 4u);
  }
}

}  // namespace
}  // namespace ashlar
