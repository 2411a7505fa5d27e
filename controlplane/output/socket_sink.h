// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>

#include "controlplane/output/sink.h"
#include "controlplane/output/sink_target.h"
#include "controlplane/output/syslog_message.h"

namespace mimir::controlplane {

/// Tells through a socket: syslog (RFC 5424) by UDP (RFC 5426), TCP with octet counting
/// (RFC 6587 3.4.1) or /dev/log, and plain JSON lines to a Unix stream.
///
/// Nobody acknowledges on these. A datagram has arrived when the kernel took it, which for
/// UDP says nothing of the network. A line on a stream has arrived when the other kernel
/// acknowledged it (TCP) or the other process read it (Unix). What a TCP connection carried
/// in its last seconds before it broke is sent again on the next one: its receiver may have
/// died before reading it.
class SocketSink final : public Sink {
 public:
  /// Of what a broken connection carried so lately, some may not have been read.
  static constexpr std::chrono::seconds kDoubt{5};

  /// REQUIRES: a kind of syslog or kUnixStream.
  SocketSink(SinkTarget target, SyslogOrigin origin);
  ~SocketSink() override;

  [[nodiscard]] Delivery deliver(std::span<const std::string> lines) override;
  [[nodiscard]] bool look() override;

 private:
  struct Sent {
    std::chrono::steady_clock::time_point when;
    std::string bytes;
  };

  [[nodiscard]] bool is_stream() const;
  [[nodiscard]] std::string frame(const std::string& line) const;
  [[nodiscard]] bool connect(std::string& fault);
  [[nodiscard]] bool connect_to(int family, int type, const void* address, unsigned length,
                                std::string& fault);
  [[nodiscard]] bool open_unix(std::string& fault);
  [[nodiscard]] bool open_internet(std::string& fault);
  /// Whether the peer closed the connection, or it broke.
  [[nodiscard]] bool has_gone() const;
  [[nodiscard]] bool send_stream(const std::string& bytes, std::string& fault);
  /// Waits until nothing that was sent is still on its way.
  [[nodiscard]] bool drain(std::string& fault) const;
  [[nodiscard]] Delivery deliver_stream(std::span<const std::string> lines);
  [[nodiscard]] Delivery deliver_datagrams(std::span<const std::string> lines);
  void disconnect();
  void forget_certain();

  SinkTarget target_;
  SyslogOrigin origin_;
  int socket_ = -1;
  std::deque<Sent> doubtful_;  ///< of the connection; of a broken one until it is sent again
  std::chrono::steady_clock::time_point seen_alive_{};
};

}  // namespace mimir::controlplane
