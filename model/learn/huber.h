// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace mimir::learn {

// What the laws of edges and of pods are fitted with: least squares, weighted anew after
// each step so that a few windows far off do not pull (P. Huber, Robust Statistics, 1981).

/// A full packet: what something may vary by of which nothing is expected.
inline constexpr double kPacketBytes = 1500;
/// Of normal residuals this many IQRs are 1.345 deviations, where Huber's estimate has
/// 95 % of the efficiency of least squares.
inline constexpr double kHuberIqrs = 1.345 / 1.349;
/// What is expected is known no better than to this share of it.
inline constexpr double kTrust = 0.05;

}  // namespace mimir::learn
