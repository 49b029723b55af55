package org.djlquant.translate;

import ai.djl.inference.streaming.ChunkedBytesSupplier;
import ai.djl.inference.streaming.IteratorBytesSupplier;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.ndarray.BytesSupplier;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * {@code Input} to {@code Output} as DJL Serving passes them: the body is an OpenAI request in JSON, or
 * a plain text, which counts as one user message and is answered by a plain text. With {@code "stream":
 * true} the output is a sequence of server-sent events. A bad request gives code 400 and an error in
 * OpenAI's form instead of an exception, so that it does not fail the requests it was batched with.
 */
final class OpenAiTranslator extends BatchTranslator<Input, Output> {
    private static final String CONTENT_TYPE = "Content-Type";
    private static final String JSON = "application/json";

    OpenAiTranslator(TextGeneration text) {
        super(text);
    }

    /** A request and where its answer goes. */
    private record Parsed(OpenAiRequest request, boolean plain, Output output) {}

    @Override
    List<Output> answer(List<Input> inputs) {
        List<Parsed> parsed = inputs.stream().map(this::parse).toList();
        List<Parsed> together = new ArrayList<>();
        List<TextInput> prompts = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            Parsed each = parsed.get(i);
            if (each.request == null) {
                continue;
            }
            if (each.request.stream()) {
                streamInBackground(each, inputs.get(i));
            } else {
                together.add(each);
                prompts.add(each.request.input());
            }
        }
        Iterator<ChatOutput> answers = text().generate(prompts).iterator();
        for (Parsed each : together) {
            ChatOutput answer = answers.next();
            each.output.addProperty(CONTENT_TYPE, each.plain ? "text/plain; charset=utf-8" : JSON);
            each.output.add(each.plain ? answer.text() : new OpenAiResponse(each.request).whole(answer));
        }
        return parsed.stream().map(Parsed::output).toList();
    }

    /** Parses and checks one input; the request is {@code null} if it was answered with an error. */
    private Parsed parse(Input input) {
        try {
            BytesSupplier data = input.getData();
            if (data == null) {
                throw new IllegalArgumentException("the input holds no data");
            }
            String body = data.getAsString().strip();
            boolean plain = !body.startsWith("{");
            OpenAiRequest request = plain
                    ? new OpenAiRequest(ChatInput.of(body), false, false, "")
                    : OpenAiRequest.parse(body);
            // what would fail for one input alone must not fail the batch
            text().check(request.input());
            return new Parsed(request, plain, new Output(200, "OK"));
        } catch (RuntimeException e) {
            Output output = new Output(400, e.getMessage());
            output.addProperty(CONTENT_TYPE, JSON);
            output.add(OpenAiResponse.error(e));
            return new Parsed(null, false, output);
        }
    }

    private void streamInBackground(Parsed parsed, Input input) {
        ChunkedBytesSupplier chunks = new ChunkedBytesSupplier();
        parsed.output.addProperty(CONTENT_TYPE, "text/event-stream");
        parsed.output.add(chunks);
        Thread.ofPlatform().daemon().name("djl-quant-stream").start(() -> pump(parsed.request, chunks, input));
    }

    private void pump(OpenAiRequest request, ChunkedBytesSupplier chunks, Input input) {
        Iterator<BytesSupplier> events = new Events(request, text().streamAll(request.input()), input);
        while (events.hasNext()) {
            BytesSupplier event = events.next();
            chunks.appendContent(event, !events.hasNext());
        }
    }

    @Override
    StreamOutput<Output> stream(Input input, Runnable onClose) {
        Parsed parsed = parse(input);
        return new StreamOutput<>() {
            @Override
            public Output getIterativeOutputInternal() {
                if (parsed.request != null) {
                    parsed.output.addProperty(CONTENT_TYPE, "text/event-stream");
                    parsed.output.add(new IteratorBytesSupplier(
                            new Events(parsed.request, text().streamAll(parsed.request.input()), input)));
                }
                onClose.run();
                return parsed.output;
            }

            @Override
            protected Output buildAsyncOutput() {
                if (parsed.request != null) {
                    parsed.output.addProperty(CONTENT_TYPE, "text/event-stream");
                    parsed.output.add(new ChunkedBytesSupplier());
                }
                onClose.run();
                return parsed.output;
            }

            @Override
            protected void computeAsyncOutputInternal(Output output) {
                if (parsed.request != null) {
                    pump(parsed.request, (ChunkedBytesSupplier) output.getData(), input);
                }
            }
        };
    }

    @Override
    public Support getSupport() {
        return Support.BOTH;
    }

    /** The events of a stream, each computed when asked for; an error in the middle is the last event. */
    private static final class Events implements Iterator<BytesSupplier> {
        private final OpenAiRequest request;
        private final OpenAiResponse response;
        private final AnswerStream pieces;
        private final Input input;
        private boolean begun;
        private boolean ended;

        Events(OpenAiRequest request, AnswerStream pieces, Input input) {
            this.request = request;
            this.pieces = pieces;
            this.input = input;
            response = new OpenAiResponse(request);
        }

        @Override
        public boolean hasNext() {
            return !ended;
        }

        @Override
        public BytesSupplier next() {
            if (ended) {
                throw new NoSuchElementException("the stream has ended");
            }
            if (!begun && request.input() instanceof ChatInput) {
                begun = true;
                return BytesSupplier.wrap(response.begin(pieces.choices()));
            }
            try {
                if (input.isCancelled()) {
                    // the client has gone, as DJL Serving tells
                    pieces.close();
                }
                if (pieces.hasNext()) {
                    return BytesSupplier.wrap(response.piece(pieces.next()));
                }
                ended = true;
                return BytesSupplier.wrap(response.end(pieces.result(), request.includeUsage()));
            } catch (RuntimeException e) {
                ended = true;
                return BytesSupplier.wrap(OpenAiResponse.event(OpenAiResponse.error(e)) + OpenAiResponse.DONE);
            }
        }
    }
}
