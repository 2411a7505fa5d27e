// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "controlplane/output/sink.h"

namespace mimir::controlplane {

struct WebhookOptions {
  std::string url;      ///< https://HOST/PATH or http://
  std::string token;    ///< sent as `Authorization: Bearer TOKEN`, unless empty
  std::string ca_path;  ///< PEM: who signs the server's certificate; empty: whom the machine trusts
};

/// POSTs each alert as a body of JSON, one after the other over one connection.
///
/// 2xx: it arrived. 4xx: it never will and is refused, but 401, 403, 404, 408, 425 and 429,
/// which the receiver's administrator can mend; those, 5xx and no answer are tried again.
/// Redirects are not followed. TLS 1.2 and up, the certificate must be the host's.
[[nodiscard]] std::unique_ptr<Sink> make_webhook_sink(const WebhookOptions& options);

}  // namespace mimir::controlplane
