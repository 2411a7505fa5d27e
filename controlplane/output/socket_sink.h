// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "controlplane/output/sink.h"
#include "controlplane/output/sink_target.h"
#include "controlplane/output/syslog_message.h"
#include "controlplane/output/tls_stream.h"

namespace mimir::controlplane {

/// Tells through a socket: syslog (RFC 5424) by UDP (RFC 5426), TCP with octet counting
/// (RFC 6587 3.4.1), the same through TLS (RFC 5425) or /dev/log, and plain JSON lines to a
/// Unix stream.
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

  /// `ca_path`: with TLS, who signs the receiver's certificate, as TlsStream has it.
  /// REQUIRES: a kind of syslog or kUnixStream.
  SocketSink(SinkTarget target, std::string ca_path, SyslogOrigin origin);
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
  [[nodiscard]] bool has_gone();
  /// How many bytes were taken; none with an empty `fault`: not now.
  [[nodiscard]] std::size_t put(std::string_view bytes, std::string& fault);
  [[nodiscard]] bool send_stream(const std::string& bytes, std::string& fault);
  /// Waits until nothing that was sent is still on its way.
  [[nodiscard]] bool drain(std::string& fault);
  [[nodiscard]] Delivery deliver_stream(std::span<const std::string> lines);
  [[nodiscard]] Delivery deliver_datagrams(std::span<const std::string> lines);
  void disconnect();
  void forget_certain();

  SinkTarget target_;
  std::string ca_path_;
  SyslogOrigin origin_;
  std::unique_ptr<TlsStream> tls_;  ///< with TLS: whose the socket is
  int socket_ = -1;
  std::deque<Sent> doubtful_;  ///< of the connection; of a broken one until it is sent again
  std::chrono::steady_clock::time_point seen_alive_{};
};

}  // namespace mimir::controlplane
