#include "table/file_image.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/epoch.h"

namespace ashlar {
namespace {

constexpr std::size_t kBytes = std::size_t{5} << 20;

class FileImageTest : public testing::Test {
 protected:
  HugeBuffer filled_buffer(PageSize pages) {
    auto buffer = HugeBuffer::allocate(kBytes, MemoryUse::kTable, &budget_, pages).value();
    std::fill(buffer.data(), buffer.data() + buffer.size(), 'x');
    return buffer;
  }

  MemoryBudget budget_{std::size_t{1} << 30};
  FileImage image_;
};

TEST_F(FileImageTest, IsThereOnceItIsAdopted) {
  EXPECT_EQ(image_.data(), nullptr);
  EXPECT_EQ(image_.pin(), nullptr);
  EXPECT_EQ(image_.release(), nullptr);
  image_.adopt(filled_buffer(PageSize::kHuge));
  ASSERT_NE(image_.data(), nullptr);
  const char* const first = image_.data();
  image_.adopt(filled_buffer(PageSize::kHuge));
  EXPECT_EQ(image_.data(), first);
  EXPECT_EQ(budget_.used(), kBytes);
  EXPECT_EQ(image_.pin()->data(), first);
}

TEST_F(FileImageTest, StaysWithThoseWhoPinnedIt) {
  image_.adopt(filled_buffer(PageSize::kHuge));
  auto pinned = image_.pin();
  image_.release();
  EXPECT_EQ(image_.data(), nullptr);
  EXPECT_EQ(pinned->data()[kBytes - 1], 'x');
  pinned.reset();
  EXPECT_EQ(budget_.used(), 0u);
}

TEST_F(FileImageTest, IsReplacedByItsCopyInHugePages) {
  EXPECT_FALSE(image_.in_small_pages());
  EXPECT_EQ(image_.copy_in_huge_pages(&budget_).value(), nullptr);
  image_.adopt(filled_buffer(PageSize::kSmall));
  EXPECT_TRUE(image_.in_small_pages());
  const char* const before = image_.data();
  const auto old = image_.replace(image_.copy_in_huge_pages(&budget_).value());
  ASSERT_NE(old, nullptr);
  EXPECT_EQ(old->data(), before);
  EXPECT_NE(image_.data(), before);
  EXPECT_TRUE(std::all_of(image_.data(), image_.data() + kBytes, [](char c) { return c == 'x'; }));
  EXPECT_FALSE(image_.in_small_pages());
  const auto copy = image_.copy_in_huge_pages(&budget_).value();
  image_.release();
  EXPECT_EQ(image_.replace(copy), nullptr) << "what was released stays so";
  EXPECT_EQ(image_.data(), nullptr);
}

TEST_F(FileImageTest, ReadersGoOnWhileItIsReplaced) {
  image_.adopt(filled_buffer(PageSize::kSmall));
  RetireList retired;
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> wrong{0};
  std::thread reader([&] {
    while (!stop.load()) {
      const EpochGuard guard;
      const char* const data = image_.data();
      for (std::size_t at = 0; at < kBytes; at += 4096) wrong += data[at] != 'x';
    }
  });
  auto old = image_.replace(image_.copy_in_huge_pages(&budget_).value());
  retired.reserve();
  retired.retire([image = std::move(old)]() mutable { image.reset(); });
  while (retired.collect() > 0) std::this_thread::yield();
  EXPECT_EQ(budget_.used(), kBytes);
  stop.store(true);
  reader.join();
  EXPECT_EQ(wrong.load(), 0u);
}

}  // namespace
}  // namespace ashlar
