// SPDX-License-Identifier: Apache-2.0
#include "controlplane/service_manager.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

namespace mimir::controlplane {
namespace {

/// What systemd is to a service: a socket that datagrams come to. Its name is abstract,
/// as sd_notify(3) says with a first `@`.
class Supervisor {
 public:
  Supervisor() : name_("@mimir-test-" + std::to_string(getpid())) {
    descriptor_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name_.data(), name_.size());
    address.sun_path[0] = '\0';
    const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    is_bound_ = bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), bytes) == 0;
  }
  ~Supervisor() { close(descriptor_); }
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool is_bound() const { return is_bound_; }
  std::vector<std::string> heard() const {
    std::vector<std::string> messages;
    std::array<char, 256> bytes{};
    for (;;) {
      const ssize_t size = recv(descriptor_, bytes.data(), bytes.size(), 0);
      if (size < 0) return messages;
      messages.emplace_back(bytes.data(), static_cast<std::size_t>(size));
    }
  }

 private:
  std::string name_;
  int descriptor_ = -1;
  bool is_bound_ = false;
};

using Heard = std::vector<std::string>;

TEST(ServiceManager, SaysWhatSystemdUnderstands) {
  const Supervisor supervisor;
  ASSERT_TRUE(supervisor.is_bound());
  const ServiceManager manager(supervisor.name(), 0);
  manager.ready();
  manager.status("judging");
  manager.stopping();
  EXPECT_EQ(supervisor.heard(), (Heard{"READY=1", "STATUS=judging", "STOPPING=1"}));
}

TEST(ServiceManager, TheWatchdogIsFedWhileEveryWorkerGoesOn) {
  const Supervisor supervisor;
  ServiceManager manager(supervisor.name(), 30 * kNsPerSecond);
  TimeNs now_ns = 1000;
  const auto feed = [&](std::vector<std::uint64_t> progress, TimeNs after_ns) {
    now_ns += after_ns;
    manager.feed(progress, now_ns);
    return supervisor.heard();
  };
  EXPECT_EQ(feed({5, 5}, 0), Heard{"WATCHDOG=1"});
  EXPECT_EQ(feed({6, 6}, kNsPerSecond), Heard{}) << "it is not hungry";
  EXPECT_EQ(feed({7, 7}, 15 * kNsPerSecond), Heard{"WATCHDOG=1"});
  EXPECT_EQ(feed({9, 7}, 15 * kNsPerSecond), Heard{}) << "one worker hangs";
  EXPECT_EQ(feed({99, 7}, 60 * kNsPerSecond), Heard{}) << "and hangs";
  EXPECT_EQ(feed({100, 8}, kNsPerSecond), Heard{"WATCHDOG=1"}) << "it was only slow";
}

TEST(ServiceManager, WithoutASupervisorItIsSilent) {
  for (const std::string& path : {std::string(), std::string("relative"), std::string("/no/such"),
                                  "/" + std::string(500, 'x')}) {
    ServiceManager manager(path, kNsPerSecond);
    manager.ready();
    manager.feed(std::vector<std::uint64_t>{1}, 0);
  }
}

TEST(ServiceManager, TheEnvironmentSaysWhereAndHowLong) {
  const Supervisor supervisor;
  setenv("NOTIFY_SOCKET", supervisor.name().c_str(), 1);
  setenv("WATCHDOG_USEC", "2000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  ServiceManager manager = ServiceManager::from_environment();
  manager.feed(std::vector<std::uint64_t>{1}, 0);
  manager.feed(std::vector<std::uint64_t>{2}, kNsPerSecond / 2);
  manager.feed(std::vector<std::uint64_t>{3}, kNsPerSecond);
  EXPECT_EQ(supervisor.heard().size(), 2U);
  setenv("WATCHDOG_PID", "1", 1);
  ServiceManager others = ServiceManager::from_environment();
  others.feed(std::vector<std::uint64_t>{1}, 0);
  EXPECT_TRUE(supervisor.heard().empty()) << "it watches another process";
  unsetenv("NOTIFY_SOCKET");
  unsetenv("WATCHDOG_USEC");
  unsetenv("WATCHDOG_PID");
}

}  // namespace
}  // namespace mimir::controlplane
