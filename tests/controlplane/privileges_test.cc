// SPDX-License-Identifier: Apache-2.0
#include "controlplane/privileges.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

namespace mimir::controlplane {
namespace {

/// Runs `child` in a process of its own; what it returned.
template <class Child>
int in_child(Child&& child) {
  const pid_t pid = fork();
  if (pid == 0) _exit(child());
  int status = -1;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// What the kernel says of every thread: how many are still root in any of the four ways,
/// or have a capability in effect.
int privileged_threads() {
  int count = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream status(task.path() / "status");
    std::string line;
    bool is_privileged = false;
    while (std::getline(status, line)) {
      if (line.starts_with("Uid:") || line.starts_with("Gid:")) {
        is_privileged = is_privileged || line.find("\t0") != std::string::npos;
      }
      if (line.starts_with("CapEff:")) {
        is_privileged = is_privileged || line.find_first_not_of("CapEf:\t0") != std::string::npos;
      }
    }
    count += static_cast<int>(is_privileged);
  }
  return count;
}

TEST(Privileges, EveryThreadLosesThemForGood) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  ASSERT_TRUE(is_user("nobody"));
  EXPECT_EQ(in_child([] {
              std::atomic<bool> end = false;
              std::jthread other([&end] {
                while (!end) std::this_thread::yield();
              });
              std::string fault;
              const bool is_dropped = drop_privileges("nobody", fault);
              const int left = privileged_threads();
              const bool is_back = setuid(0) == 0;
              end = true;
              return is_dropped && !is_back ? left : 100;
            }),
            0);
}

TEST(Privileges, AUserThatIsNotThereIsAFault) {
  EXPECT_FALSE(is_user("no-such-user"));
  if (geteuid() != 0) GTEST_SKIP() << "others have nothing to lose";
  std::string fault;
  EXPECT_FALSE(drop_privileges("no-such-user", fault));
  EXPECT_EQ(fault, "there is no user no-such-user");
}

TEST(Privileges, NewFilesAreNotForOthers) {
  EXPECT_EQ(in_child([] {
              umask(0);
              keep_files_private();
              const std::string path = std::filesystem::temp_directory_path() /
                                       ("mimir-private-" + std::to_string(getpid()));
              std::ofstream(path) << "x";
              struct stat found {};
              const bool is_there = stat(path.c_str(), &found) == 0;
              std::filesystem::remove(path);
              return is_there && (found.st_mode & 0777U) == 0640U ? 0 : 1;
            }),
            0);
}

}  // namespace
}  // namespace mimir::controlplane
