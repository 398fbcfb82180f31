using System.Text.Json;
using System.Text.Json.Serialization;
using Methods400.Filings;
using Methods400.Returns;

namespace Methods400;

/// <summary>Made by the compiler: by reflection, the first request would spend most of its time looking at types.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Filing))]
[JsonSerializable(typeof(VatReturn))]
internal sealed partial class VatJson : JsonSerializerContext;
