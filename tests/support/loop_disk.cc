#include "support/loop_disk.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace ashlar {
namespace {

// From the kernel's fs/ext4/ext4.h, which no header for programs has.
constexpr unsigned long kExt4Shutdown = _IOR('X', 125, uint32_t);
constexpr uint32_t kWithoutFlush = 2;
constexpr int kUnmountAttempts = 500;
constexpr useconds_t kUnmountWaitUs = 10'000;

bool can_write(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file >= 0) close(file);
  return file >= 0;
}

bool has_loop_device() {
  const int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
  if (control < 0) return false;
  const int number = ioctl(control, LOOP_CTL_GET_FREE);
  close(control);
  return number >= 0 && can_write("/dev/loop" + std::to_string(number));
}

std::string what_is_lacking() {
  if (!has_loop_device()) return "a loop device that this process may use";
  if (unshare(CLONE_NEWNS) != 0 ||
      ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return std::string("the right to mount: ") + std::strerror(errno);
  }
  return "";
}

bool run(const std::string& command) {
  return std::system(("PATH=$PATH:/usr/sbin:/sbin " + command).c_str()) == 0;
}

dev_t device_of(const std::string& path) {
  struct stat state {};
  EXPECT_EQ(stat(path.c_str(), &state), 0) << path << ": " << std::strerror(errno);
  return state.st_dev;
}

}  // namespace

LoopDisk::LoopDisk(uint64_t bytes) : lacking_(what_is_lacking()) {
  if (!lacking_.empty()) return;
  std::filesystem::create_directory(folder());
  std::ofstream(place_ / "image").close();
  std::filesystem::resize_file(place_ / "image", bytes);
  if (run("mkfs.ext4 -q -F " + (place_ / "image"))) mount();
}

LoopDisk::~LoopDisk() {
  if (lacking_.empty() && mounted()) unmount();
}

bool LoopDisk::mounted() const { return device_of(folder()) != device_of(place_.path()); }

void LoopDisk::mount() {
  EXPECT_TRUE(run("mount -t ext4 -o loop " + (place_ / "image") + " " + folder()));
}

void LoopDisk::unmount() {
  // What a process that was killed had open may be let go a moment after it has ended.
  int result = umount2(folder().c_str(), 0);
  for (int attempt = 0; result != 0 && errno == EBUSY && attempt < kUnmountAttempts; ++attempt) {
    usleep(kUnmountWaitUs);
    result = umount2(folder().c_str(), 0);
  }
  EXPECT_EQ(result, 0) << std::strerror(errno);
}

void LoopDisk::cut_power() const {
  ASSERT_TRUE(mounted());
  const int root = open(folder().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_GE(root, 0);
  uint32_t flags = kWithoutFlush;
  EXPECT_EQ(ioctl(root, kExt4Shutdown, &flags), 0) << std::strerror(errno);
  close(root);
}

void LoopDisk::restart() {
  unmount();
  mount();
  ASSERT_TRUE(mounted());
}

}  // namespace ashlar
