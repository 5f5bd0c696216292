// Boost.Asio as this project uses it: C++20 coroutines on one thread per io_context, errors as values. Only sources that speak to sockets
// include this file: it takes seconds to compile.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "absl/time/time.h"

namespace tandem {

namespace asio = boost::asio;
template <typename T>
using Awaitable = asio::awaitable<T>;

inline std::chrono::nanoseconds ToChrono(absl::Duration duration) { return absl::ToChronoNanoseconds(duration); }

}  // namespace tandem
