# stern: the logs of a Deployment's pods. Prints each step that works.
echo "$DEPLOYMENT" | kubectl apply -n "$NAMESPACE" -f - > /dev/null; echo apply
kubectl rollout status deployment/web -n "$NAMESPACE" --timeout=120s > /dev/null; echo rollout
test "$(stern deployment/web -n "$NAMESPACE" --no-follow --color never 2> /dev/null | grep -c started)" = 2; echo logs
