#include "training/learner/distributed_group.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "engine/base/status.h"

// The wheel's c10d headers want Gloo's own, which Debian's libgloo-dev brings; the code is inside of LibTorch.
#define USE_C10D_GLOO
#define USE_DISTRIBUTED
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#if defined(TANDEM_LIBTORCH_CUDA) && __has_include(<nccl.h>) && __has_include(<cuda_runtime.h>)
#define USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

namespace tandem {
namespace {

std::chrono::milliseconds Milliseconds(absl::Duration duration) { return absl::ToChronoMilliseconds(duration); }

std::string FirstLine(const std::exception& error) {
  const std::string text = error.what();  // a stack trace follows
  return text.substr(0, text.find('\n'));
}

// GLOO_SOCKET_IFNAME as everywhere in torch; ranks on one host stay on its loopback; else the address of this host's name.
std::shared_ptr<gloo::transport::Device> GlooDevice(const World& world) {
  if (const std::optional<std::string> interface = ProcessEnvironment()("GLOO_SOCKET_IFNAME")) {
    return c10d::ProcessGroupGloo::createDeviceForInterface(*interface);
  }
  if (world.address == "localhost" || world.address.starts_with("127.") || world.local_size == world.size) {
    return c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1");
  }
  return c10d::ProcessGroupGloo::createDefaultDevice();
}

at::Tensor BytesTensor(std::string* bytes) { return at::from_blob(bytes->data(), {static_cast<std::int64_t>(bytes->size())}, at::kByte); }

class TorchGroup : public LearnerGroup {
 public:
  explicit TorchGroup(World world) : world_(std::move(world)) {}

  // Throws.
  void Connect(const at::Device& device, absl::Duration wait) {
    c10d::TCPStoreOptions options;
    options.port = static_cast<std::uint16_t>(world_.port);
    options.isServer = world_.rank == 0 && !world_.has_store;
    options.waitWorkers = false;  // the groups below wait for all ranks
    options.timeout = Milliseconds(wait);
    options.multiTenant = true;
    const auto store = c10::make_intrusive<c10d::TCPStore>(world_.address, options);
    const auto scope = [&](const char* name) {
      return c10::make_intrusive<c10d::PrefixStore>(absl::StrCat("tandem/", world_.attempt, "/", name), store);
    };
    const auto gloo_options = c10d::ProcessGroupGloo::Options::create(Milliseconds(wait));
    gloo_options->devices.push_back(GlooDevice(world_));
    gloo_ = c10::make_intrusive<c10d::ProcessGroupGloo>(scope("gloo"), world_.rank, world_.size, gloo_options);
    gloo_->setTimeout(Milliseconds(kStepWait));
    sums_ = gloo_;
#ifdef USE_C10D_NCCL
    if (device.is_cuda()) {
      const auto nccl_options = c10d::ProcessGroupNCCL::Options::create();
      nccl_options->timeout = Milliseconds(kStepWait);
      sums_ = c10::make_intrusive<c10d::ProcessGroupNCCL>(scope("nccl"), world_.rank, world_.size, nccl_options);
      sums_on_device_ = true;
    }
#else
    (void)device;
#endif
  }

  const World& world() const override { return world_; }
  std::string transport() const override { return sums_on_device_ ? "nccl" : "gloo"; }
  absl::Status status() const override { return status_; }

  void Leave(const absl::Status& why) override {
    if (status_.ok()) Fail(std::string(why.message()));
    sums_.reset();
    gloo_.reset();
  }

  absl::Status Broadcast(std::string* bytes, absl::Duration wait) override {
    return Guard([&] {
      at::Tensor size = at::full({1}, static_cast<std::int64_t>(bytes->size()), at::kLong);
      BroadcastTensor(size, wait);
      bytes->resize(static_cast<std::size_t>(size.item<std::int64_t>()));
      if (!bytes->empty()) BroadcastTensor(BytesTensor(bytes), kStepWait);
    });
  }

  absl::StatusOr<std::vector<std::string>> Exchange(const std::string& bytes) override {
    std::vector<std::string> all(world_.size);
    all[world_.rank] = bytes;
    TANDEM_RETURN_IF_ERROR(Guard([&] {
      for (int rank = 0; rank < world_.size; ++rank) {
        at::Tensor size = at::full({1}, static_cast<std::int64_t>(all[rank].size()), at::kLong);
        BroadcastTensor(size, kStepWait, rank);
        all[rank].resize(static_cast<std::size_t>(size.item<std::int64_t>()));
        if (!all[rank].empty()) BroadcastTensor(BytesTensor(&all[rank]), kStepWait, rank);
      }
    }));
    return all;
  }

  absl::Status Send(const std::vector<float>& numbers, int rank) override {
    return Guard([&] {
      std::vector<at::Tensor> tensors{Alias(numbers)};
      gloo_->send(tensors, rank, /*tag=*/0)->wait();
    });
  }

  absl::Status Receive(std::vector<float>* numbers) override {
    return Guard([&] {
      std::vector<at::Tensor> tensors{Alias(*numbers)};
      gloo_->recv(tensors, /*srcRank=*/0, /*tag=*/0)->wait(Milliseconds(kStepWait));
    });
  }

  void Sum(at::Tensor& tensor) override {
    const absl::Status summed = Guard([&] {
      c10d::AllreduceOptions options;
      options.timeout = Milliseconds(kStepWait);
      const bool moves = !tensor.is_cpu() && !sums_on_device_;
      std::vector<at::Tensor> tensors{moves ? tensor.cpu() : tensor};
      sums_->allreduce(tensors, options)->wait();
      if (moves) tensor.copy_(tensors[0]);
    });
    TORCH_CHECK(summed.ok(), std::string(summed.message()));
  }

 private:
  // Gloo wants a mutable pointer; a send only reads.
  static at::Tensor Alias(const std::vector<float>& numbers) {
    return at::from_blob(const_cast<float*>(numbers.data()), {static_cast<std::int64_t>(numbers.size())}, at::kFloat);
  }

  void BroadcastTensor(const at::Tensor& tensor, absl::Duration wait, int root = 0) {
    c10d::BroadcastOptions options;
    options.rootRank = root;
    options.timeout = Milliseconds(wait);
    std::vector<at::Tensor> tensors{tensor};
    gloo_->broadcast(tensors, options)->wait();
  }

  template <typename Function>
  absl::Status Guard(Function&& function) {
    if (!status_.ok()) return status_;
    try {
      function();
    } catch (const std::exception& error) {
      Fail(FirstLine(error));
    }
    return status_;
  }

  void Fail(const std::string& why) { status_ = absl::UnavailableError(absl::StrCat(world_.Name(), " has lost the others: ", why)); }

  const World world_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo_;
  c10::intrusive_ptr<c10d::Backend> sums_;
  bool sums_on_device_ = false;
  absl::Status status_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<LearnerGroup>> LearnerGroup::Join(const World& world, const std::string& device, absl::Duration wait) {
  auto group = std::make_unique<TorchGroup>(world);
  try {
    group->Connect(at::Device(device), wait);
  } catch (const std::exception& error) {
    return absl::UnavailableError(absl::StrCat(world.Name(), ": the ranks did not all meet at ", world.address, ":", world.port, " within ",
                                               absl::FormatDuration(wait), ": ", FirstLine(error)));
  }
  return group;
}

}  // namespace tandem
