namespace Tollgate.Core.Llm.Asks;

/// <summary>What the member of a request holds.</summary>
internal enum AskMember
{
    /// <summary>Nobody knows it: it is read as part of the prompt, so that no name hides text.</summary>
    Other,

    /// <summary>Neither it nor what is in it reaches the model as text.</summary>
    Quiet,

    /// <summary>Written to the prompt with its names and numbers: schemas, arguments of tools.</summary>
    Written,

    /// <summary>Holds settings, of which some are read.</summary>
    Settings,

    Model,
    Stream,
    StreamOptions,
    WantsUsage,

    /// <summary>A list of what the answer may be: text, sound, images.</summary>
    Forms,
    MaxOutput,
    Answers,
    Messages,
    Tools,

    /// <summary>Text, or tokens as numbers.</summary>
    Input,

    Type,
    MediaType,
    Detail,

    /// <summary>Bytes of a file in base64, or text of a document.</summary>
    Data,

    /// <summary>A file by its address.</summary>
    Address,
    Image,
    Audio,
    Video,
    Document,

    /// <summary>Settings of calls that are counted by the piece.</summary>
    Depth,
    Limit,
    Things,

    /// <summary>A tool of the provider that searches the web.</summary>
    WebSearch,
    MostSearches,

    /// <summary>Which service tier is asked for: flex, priority.</summary>
    ServiceTier,
}

/// <summary>The names of members, by where they stand. Whoever copied a provider kept its names.</summary>
internal static class AskNames
{
    /// <summary>Characters of the longest name that is known.</summary>
    public const int Longest = 40;

    /// <summary>A member of the request itself.</summary>
    public static AskMember OfRequest(ReadOnlySpan<char> name) => name switch
    {
        "model" or "modelId" or "model_id" => AskMember.Model,
        "stream" => AskMember.Stream,
        "messages" or "contents" or "chat_history" => AskMember.Messages,
        "input" or "prompt" or "inputs" or "documents" or "texts" => AskMember.Input,
        "tools" or "functions" or "toolConfig" or "tool_config" => AskMember.Tools,
        "response_format" or "text" or "output_config" or "output_format" or "format" or "json_schema" or "responseSchema" => AskMember.Written,
        "stream_options" => AskMember.StreamOptions,
        "modalities" => AskMember.Forms,
        "generationConfig" or "generation_config" or "inferenceConfig" or "inference_config" or "options"
            or "parameters" or "textGenerationConfig" or "imageGenerationConfig" or "config" => AskMember.Settings,
        "image" or "init_image" or "mask" or "images" or "image_url" => AskMember.Image,
        "urls" or "ids" or "pages" => AskMember.Things,
        "web_search_options" => AskMember.WebSearch,
        "search_depth" or "extract_depth" => AskMember.Depth,
        "limit" or "num" => AskMember.Limit,
        "document" => AskMember.Document,
        "file" => AskMember.Audio,
        "service_tier" or "serviceTier" => AskMember.ServiceTier,
        "user" or "metadata" or "store" or "stop" or "stop_sequences" or "stopSequences" or "logit_bias" or "tool_choice"
            or "toolChoice" or "safety_settings" or "safetySettings" or "include" or "voice" or "encoding_format"
            or "quality" or "size" or "style" or "background" or "provider" or "models" or "plugins" or "transforms"
            or "prompt_cache_key" or "safety_identifier" or "truncation" or "reasoning" or "reasoning_effort" or "thinking"
            or "anthropic_version" or "anthropic_beta" or "betas" or "container" or "context_management" or "keep_alive"
            or "labels" or "guardrailConfig" or "performanceConfig" or "requestMetadata" or "input_type" or "embedding_types" or "truncate"
            or "api_key" or "verbosity" or "cache_control" or "speed" or "inference_geo" or "previous_response_id" or "conversation" or "cachedContent"
            or "cached_content" or "conversation_id" or "mcp_servers" => AskMember.Quiet,
        _ => OfSetting(name),
    };

    /// <summary>A member of a group of settings, and what else the request itself may say.</summary>
    public static AskMember OfSetting(ReadOnlySpan<char> name) => name switch
    {
        "max_tokens" or "max_completion_tokens" or "max_output_tokens" or "max_tokens_to_sample" or "maxOutputTokens" or "maxTokens"
            or "num_predict" or "maxTokenCount" or "max_gen_len" or "max_new_tokens" or "maxNewTokens" => AskMember.MaxOutput,
        "n" or "best_of" or "candidateCount" or "candidate_count" or "numberOfImages" or "number_of_images" or "num_images" or "samples"
            or "sampleCount" or "num_generations" => AskMember.Answers,
        "responseModalities" or "response_modalities" => AskMember.Forms,
        "responseSchema" or "response_schema" or "responseJsonSchema" => AskMember.Written,
        _ => AskMember.Other,
    };

    /// <summary>A member of anything in the prompt.</summary>
    public static AskMember OfPrompt(ReadOnlySpan<char> name) => name switch
    {
        "type" => AskMember.Type,
        "mimeType" or "mime_type" or "media_type" => AskMember.MediaType,
        "data" or "bytes" or "file_data" or "b64_json" or "bytesBase64Encoded" or "base64" => AskMember.Data,
        "url" or "file_id" or "fileUri" or "file_uri" or "gcsUri" or "uri" or "s3Location" or "file_url" => AskMember.Address,
        "image" or "images" or "image_url" => AskMember.Image,
        "input_audio" or "audio" or "audio_url" => AskMember.Audio,
        "video" or "video_url" => AskMember.Video,
        "document" or "file" or "document_url" => AskMember.Document,
        "detail" => AskMember.Detail,
        "arguments" or "args" or "input" or "response" or "json" or "input_schema" or "inputSchema" or "parameters" => AskMember.Written,
        "role" or "id" or "tool_call_id" or "tool_use_id" or "toolUseId" or "call_id" or "cache_control" or "cachePoint" or "status"
            or "format" or "signature" or "thoughtSignature" or "thought_signature" or "encrypted_content" or "citations" or "annotations"
            or "redactedContent" => AskMember.Quiet,
        _ => AskMember.Other,
    };
}
