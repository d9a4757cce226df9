namespace Tollgate.Core.Llm.Requests;

/// <summary>The content of a member of a request.</summary>
internal enum RequestMember
{
    /// <summary>Unknown: counted as part of the prompt, so that no name hides text.</summary>
    Other,

    /// <summary>Neither the member nor its content reaches the model as text.</summary>
    Quiet,

    /// <summary>Part of the prompt with its names and numbers: schemas, arguments of tools.</summary>
    Written,

    /// <summary>Contains settings, some of which are read.</summary>
    Settings,

    Model,
    Stream,
    StreamOptions,
    WantsUsage,

    /// <summary>A list of the kinds of answers: text, audio, images.</summary>
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

    /// <summary>The bytes of a file in base64, or the text of a document.</summary>
    Data,

    /// <summary>The address of a file.</summary>
    Address,
    Image,
    Audio,
    Video,
    Document,

    /// <summary>Settings of calls counted by the piece.</summary>
    Depth,
    Limit,
    Things,

    /// <summary>The provider's web search tool.</summary>
    WebSearch,
    MostSearches,

    /// <summary>The requested service tier: flex, priority.</summary>
    ServiceTier,
}

/// <summary>The names of members by place. Providers that copied another one's API kept its names.</summary>
internal static class RequestNames
{
    /// <summary>The most characters of a known name.</summary>
    public const int Longest = 40;

    /// <summary>Returns the kind of a member of the request itself.</summary>
    public static RequestMember OfRequest(ReadOnlySpan<char> name) => name switch
    {
        "model" or "modelId" or "model_id" => RequestMember.Model,
        "stream" => RequestMember.Stream,
        "messages" or "contents" or "chat_history" => RequestMember.Messages,
        "input" or "prompt" or "inputs" or "documents" or "texts" => RequestMember.Input,
        "tools" or "functions" or "toolConfig" or "tool_config" => RequestMember.Tools,
        "response_format" or "text" or "output_config" or "output_format" or "format" or "json_schema" or "responseSchema" =>
            RequestMember.Written,
        "stream_options" => RequestMember.StreamOptions,
        "modalities" => RequestMember.Forms,
        "generationConfig" or "generation_config" or "inferenceConfig" or "inference_config" or "options"
            or "parameters" or "textGenerationConfig" or "imageGenerationConfig" or "config" => RequestMember.Settings,
        "image" or "init_image" or "mask" or "images" or "image_url" => RequestMember.Image,
        "urls" or "ids" or "pages" => RequestMember.Things,
        "web_search_options" => RequestMember.WebSearch,
        "search_depth" or "extract_depth" => RequestMember.Depth,
        "limit" or "num" => RequestMember.Limit,
        "document" => RequestMember.Document,
        "file" => RequestMember.Audio,
        "service_tier" or "serviceTier" => RequestMember.ServiceTier,
        "user" or "metadata" or "store" or "stop" or "stop_sequences" or "stopSequences" or "logit_bias" or "tool_choice"
            or "toolChoice" or "safety_settings" or "safetySettings" or "include" or "voice" or "encoding_format"
            or "quality" or "size" or "style" or "background" or "provider" or "models" or "plugins" or "transforms"
            or "prompt_cache_key" or "safety_identifier" or "truncation" or "reasoning" or "reasoning_effort" or "thinking"
            or "anthropic_version" or "anthropic_beta" or "betas" or "container" or "context_management" or "keep_alive"
            or "labels" or "guardrailConfig" or "performanceConfig" or "requestMetadata" or "input_type" or "embedding_types" or "truncate"
            or "api_key" or "verbosity" or "cache_control" or "speed" or "inference_geo" or "previous_response_id" or "conversation"
            or "cachedContent"
            or "cached_content" or "conversation_id" or "mcp_servers" => RequestMember.Quiet,
        _ => OfSetting(name),
    };

    /// <summary>Returns the kind of a member of a group of settings, which the request itself may also have.</summary>
    public static RequestMember OfSetting(ReadOnlySpan<char> name) => name switch
    {
        "max_tokens" or "max_completion_tokens" or "max_output_tokens" or "max_tokens_to_sample" or "maxOutputTokens" or "maxTokens"
            or "num_predict" or "maxTokenCount" or "max_gen_len" or "max_new_tokens" or "maxNewTokens" => RequestMember.MaxOutput,
        "n" or "best_of" or "candidateCount" or "candidate_count" or "numberOfImages" or "number_of_images" or "num_images" or "samples"
            or "sampleCount" or "num_generations" => RequestMember.Answers,
        "responseModalities" or "response_modalities" => RequestMember.Forms,
        "responseSchema" or "response_schema" or "responseJsonSchema" => RequestMember.Written,
        _ => RequestMember.Other,
    };

    /// <summary>Returns the kind of a member of anything in the prompt.</summary>
    public static RequestMember OfPrompt(ReadOnlySpan<char> name) => name switch
    {
        "type" => RequestMember.Type,
        "mimeType" or "mime_type" or "media_type" => RequestMember.MediaType,
        "data" or "bytes" or "file_data" or "b64_json" or "bytesBase64Encoded" or "base64" => RequestMember.Data,
        "url" or "file_id" or "fileUri" or "file_uri" or "gcsUri" or "uri" or "s3Location" or "file_url" => RequestMember.Address,
        "image" or "images" or "image_url" => RequestMember.Image,
        "input_audio" or "audio" or "audio_url" => RequestMember.Audio,
        "video" or "video_url" => RequestMember.Video,
        "document" or "file" or "document_url" => RequestMember.Document,
        "detail" => RequestMember.Detail,
        "arguments" or "args" or "input" or "response" or "json" or "input_schema" or "inputSchema" or "parameters" =>
            RequestMember.Written,
        "role" or "id" or "tool_call_id" or "tool_use_id" or "toolUseId" or "call_id" or "cache_control" or "cachePoint" or "status"
            or "format" or "signature" or "thoughtSignature" or "thought_signature" or "encrypted_content" or "citations" or "annotations"
            or "redactedContent" => RequestMember.Quiet,
        _ => RequestMember.Other,
    };
}
