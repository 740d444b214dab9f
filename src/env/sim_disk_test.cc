#include "env/sim_disk.h"

#include <gtest/gtest.h>

#include "env/sim_random.h"

namespace ashlar {
namespace {

constexpr SimFileId kFile = 7;

SimDisk disk_with_file() {
  SimDisk disk;
  disk.add(kFile, /*is_folder=*/false);
  disk.assign({kSimRoot, "f"}, kFile);
  return disk;
}

TEST(SimDisk, HolesReadAsZerosAndTruncationForgets) {
  SimDisk disk = disk_with_file();
  disk.write(kFile, 10000, "end");
  EXPECT_EQ(disk.size(kFile), 10003u);
  EXPECT_EQ(disk.contents(kFile), std::string(10000, '\0') + "end");
  disk.truncate(kFile, 10001);
  disk.truncate(kFile, 10003);
  EXPECT_EQ(disk.contents(kFile).substr(10000), std::string("e\0\0", 3));
}

TEST(SimDisk, NeitherCloneNorOriginalSeesTheOthersWrites) {
  SimDisk disk = disk_with_file();
  disk.write(kFile, 0, "one");
  SimDisk copy = disk.clone();
  disk.write(kFile, 0, "two");
  copy.write(kFile, 1, "X");
  SimDisk second = disk.clone();
  disk.write(kFile, 0, "six");
  EXPECT_EQ(disk.contents(kFile), "six");
  EXPECT_EQ(second.contents(kFile), "two");
  EXPECT_EQ(copy.contents(kFile), "oXe");
  copy.assign({kSimRoot, "f"}, kNoSimFile);
  EXPECT_EQ(disk.find("f"), kFile);
  EXPECT_EQ(copy.find("f"), kNoSimFile);
}

TEST(SimDisk, TheDigestIsOfWhatCanBeSeen) {
  SimDisk disk = disk_with_file();
  disk.write(kFile, 5000, "text");
  const uint64_t before = disk.digest();
  EXPECT_EQ(disk.clone().digest(), before);
  SimDisk same = disk_with_file();
  same.write(kFile, 0, std::string(4096, '\0'));  // a page of zeros, not a hole
  same.write(kFile, 5000, "text");
  EXPECT_EQ(same.digest(), before);

  const auto differs = [&](const auto& change) {
    SimDisk other = disk.clone();
    change(&other);
    return other.digest() != before;
  };
  EXPECT_TRUE(differs([](SimDisk* other) { other->write(kFile, 5000, "Text"); }));
  EXPECT_TRUE(differs([](SimDisk* other) { other->write(kFile, 0, "x"); }));
  EXPECT_TRUE(differs([](SimDisk* other) { other->truncate(kFile, 5005); }));
  EXPECT_TRUE(differs([](SimDisk* other) { other->assign({kSimRoot, "g"}, kFile); }));
  EXPECT_TRUE(differs([](SimDisk* other) { other->assign({kSimRoot, "f"}, kNoSimFile); }));
}

TEST(SimDisk, PathsLeadThroughFolders) {
  SimDisk disk;
  disk.add(2, /*is_folder=*/true);
  disk.assign({kSimRoot, "d"}, 2);
  disk.add(kFile, /*is_folder=*/false);
  disk.assign({2, "f"}, kFile);
  EXPECT_EQ(disk.find("/d/f"), kFile);
  EXPECT_EQ(disk.find("d//f"), kFile);
  EXPECT_EQ(disk.find("./d/f/"), kFile);
  EXPECT_EQ(disk.find("/"), kSimRoot);
  EXPECT_EQ(disk.find(""), kSimRoot);
  EXPECT_EQ(disk.find("d/x"), kNoSimFile);
  EXPECT_EQ(disk.find("d/f/x"), kNoSimFile);
  EXPECT_EQ(disk.locate("x/y").folder, kNoSimFile);
}

TEST(SimDisk, UnreachableNodesAreDropped) {
  SimDisk disk = disk_with_file();
  disk.add(8, /*is_folder=*/true);
  disk.add(9, /*is_folder=*/false);
  disk.assign({8, "inside"}, 9);
  disk.drop_unreachable();
  EXPECT_TRUE(disk.has(kFile));
  EXPECT_FALSE(disk.has(8));
  EXPECT_FALSE(disk.has(9));
}

// Space is told by counting what each page of a naive file would take.
TEST(SimDisk, CountsSpaceByPages) {
  SimRandom random(1);
  SimDisk disk = disk_with_file();
  constexpr uint64_t kPages = 20;
  std::vector<bool> holds(kPages), reserved(kPages);
  const auto expected = [&] {
    uint64_t pages = 0;
    for (uint64_t i = 0; i < kPages; ++i) pages += holds[i] || reserved[i] ? 1 : 0;
    return pages * kSimPageBytes;
  };
  for (int step = 0; step < 3000; ++step) {
    const uint64_t page = random.below(kPages - 2);
    const uint64_t before = disk.used_bytes();
    uint64_t growth = 0;
    switch (random.below(3)) {
      case 0:
        growth = disk.growth_of_write(kFile, page * kSimPageBytes + 100, 5000);
        disk.write(kFile, page * kSimPageBytes + 100, std::string(5000, 'x'));
        holds[page] = holds[page + 1] = true;
        break;
      case 1:
        growth = disk.growth_of_allocate(kFile, page * kSimPageBytes + 1);
        disk.allocate(kFile, page * kSimPageBytes + 1);
        std::fill_n(reserved.begin(), page + 1, true);
        break;
      default:
        disk.truncate(kFile, page * kSimPageBytes);
        std::fill(holds.begin() + static_cast<std::ptrdiff_t>(page), holds.end(), false);
        std::fill(reserved.begin() + static_cast<std::ptrdiff_t>(page), reserved.end(), false);
        ASSERT_EQ(disk.used_bytes(), expected());
        continue;
    }
    ASSERT_EQ(disk.used_bytes(), expected());
    ASSERT_EQ(disk.used_bytes(), before + growth);
  }
}

}  // namespace
}  // namespace ashlar
