using System.Text.Json;
using System.Text.Json.Serialization;
using PodPool.Manager.WebConsole.Advice;

namespace PodPool.Manager.WebConsole;

/// <summary>How what the page is told is written.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ConsoleMessage))]
[JsonSerializable(typeof(FunctionDetails))]
[JsonSerializable(typeof(PoolAdvice))]
internal sealed partial class ConsoleJson : JsonSerializerContext;
