#include "support/loop_disk.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
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

bool run(const std::string& command) {
  return std::system((command + " > /dev/null 2>&1").c_str()) == 0;
}

}  // namespace

LoopDisk::LoopDisk(uint64_t bytes) {
  std::filesystem::create_directory(folder());
  std::ofstream(place_ / "image").close();
  std::filesystem::resize_file(place_ / "image", bytes);
  if (unshare(CLONE_NEWNS) != 0 ||
      ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    problem_ = std::string("no mount namespace: ") + std::strerror(errno);
  } else if (!run("mkfs.ext4 -q -F " + (place_ / "image"))) {
    problem_ = "mkfs.ext4 failed or is missing";
  } else {
    mount();
  }
}

LoopDisk::~LoopDisk() {
  if (problem_.empty()) unmount();
}

void LoopDisk::mount() {
  if (!run("mount -t ext4 -o loop " + (place_ / "image") + " " + folder())) {
    problem_ = "a loop device could not be mounted";
  }
}

void LoopDisk::unmount() {
  EXPECT_EQ(umount2(folder().c_str(), 0), 0) << std::strerror(errno);
}

void LoopDisk::cut_power() const {
  const int root = open(folder().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_GE(root, 0);
  uint32_t flags = kWithoutFlush;
  EXPECT_EQ(ioctl(root, kExt4Shutdown, &flags), 0) << std::strerror(errno);
  close(root);
}

void LoopDisk::restart() {
  unmount();
  mount();
  ASSERT_EQ(problem_, "");
}

}  // namespace ashlar
