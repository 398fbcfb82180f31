using PodPool.Contracts.V1;

namespace PodPool.Router.Refusing;

/// <summary>Why a request gets no answer from its function.</summary>
/// <param name="Reason">The reason.</param>
/// <param name="Message">For the caller: what is wrong and what helps.</param>
/// <param name="RetryAfter">When it may be better; null: the caller cannot know.</param>
internal sealed record Refusal(Reason Reason, string Message, TimeSpan? RetryAfter = null);
