// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/record/time.h"

namespace mimir::controlplane {

/// Tells whoever supervises this process how it does: the protocol of sd_notify(3), one
/// datagram a message to the socket in NOTIFY_SOCKET. Without one it says nothing.
///
/// The watchdog (WATCHDOG_USEC, WATCHDOG_PID) is fed only by feed(): the control plane turns,
/// for it calls that, and every worker went on since the last meal. A worker that hangs
/// starves it, and systemd starts the appliance anew.
///
/// Threads: one owner, the control plane's.
class ServiceManager {
 public:
  /// As the environment says; the variables are left as they are.
  [[nodiscard]] static ServiceManager from_environment();

  /// For tests: a socket's path (a first `@` stands for a zero byte) and the watchdog's time.
  ServiceManager(std::string socket_path, TimeNs watchdog_ns)
      : socket_path_(std::move(socket_path)), watchdog_ns_(watchdog_ns) {}

  void ready() const { send("READY=1"); }
  void stopping() const { send("STOPPING=1"); }
  /// One line, for `systemctl status`.
  void status(std::string_view text) const { send("STATUS=" + std::string(text)); }

  /// `progress` has a count of each worker that moves while it lives. `now_ns` is of any
  /// clock that does not step. Feeds at most twice in the watchdog's time.
  void feed(std::span<const std::uint64_t> progress, TimeNs now_ns);

 private:
  void send(const std::string& message) const;

  std::string socket_path_;
  TimeNs watchdog_ns_ = 0;  ///< 0: nobody watches
  std::vector<std::uint64_t> fed_with_;
  std::optional<TimeNs> fed_ns_;
};

}  // namespace mimir::controlplane
